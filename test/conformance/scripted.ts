import type { ServerResponse } from 'node:http'
import type { AppOptions } from '../../src/app.ts'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { type Format, formats, type Json, type View, type Wish } from '../support/formats/format.ts'
import { type FakeUpstream, type Gateway, key, startGateway, startUpstream } from '../support/gateway.ts'

/** What a scripted upstream answers: one JSON body, or pieces of a stream. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object is JSON; a string goes out as it is. */
  readonly body?: Json | string
  /** Pieces of an event stream, each written by itself. */
  readonly stream?: readonly (string | Uint8Array)[]
  /** After the last piece: close in order, break the connection, or leave it open. */
  readonly end?: 'close' | 'break' | 'stay'
}

export interface Asked {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Parsed. */
  readonly body: Json
  /** As it came. */
  readonly text: string
  /** Settles when the connection of the answer has closed. */
  readonly closed: Promise<void>
}

/** What a client got. */
export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Json
  /** Names in `x-causeway-lost`. */
  readonly lost: readonly string[]
}

/** A gateway whose upstreams answer as the test scripts. */
export interface Scripted {
  readonly url: string
  readonly gateway: Gateway
  readonly upstream: FakeUpstream
  /** From here on: every request gets this answer, or the next of a list, the last for all that follow. */
  says(...answers: (Answer | ((asked: Asked) => Answer))[]): void
  /** What the upstreams were asked since `says`. */
  asked(): readonly Asked[]
  /** The last of it. */
  last(): Asked
  post(path: string, body: Json | string, headers?: Readonly<Record<string, string>>): Promise<Told>
  /** Asks as a client of `client` does. */
  ask(client: DialectId, wish: Wish, more?: Json, headers?: Readonly<Record<string, string>>): Promise<Told>
  /** The same, seen by that client. */
  see(client: DialectId, wish: Wish, more?: Json): Promise<View>
  close(): Promise<void>
}

/** The vendor that is asked in each format. */
const vendors: Record<DialectId, string> = {
  'anthropic-messages': 'anthropic',
  'openai-chat': 'openai',
  'openai-responses': 'openai',
  gemini: 'gemini',
}

/** A model of each format's own vendor. */
export const usual: Record<DialectId, string> = {
  'anthropic-messages': 'claude-opus-4-6',
  'openai-chat': 'gpt-4o',
  'openai-responses': 'gpt-5.5',
  gemini: 'gemini-3-pro-preview',
}

/** The public name under which a vendor's model is asked in one format. */
export const at = (format: DialectId, model: string = usual[format]): string => `${format}/${model}`

export const pairs: readonly (readonly [client: DialectId, upstream: DialectId])[] = dialectIds.flatMap((client) =>
  dialectIds.filter((upstream) => upstream !== client).map((upstream) => [client, upstream] as const),
)

/** One channel a format with the models named beside the usual ones, all at one scripted upstream. */
export async function startScripted(
  models: Partial<Record<DialectId, readonly string[]>> = {},
  /** More channels, as lines of the list in YAML; `URL` stands for the upstream's. */
  more = '',
  options: AppOptions = {},
): Promise<Scripted> {
  const script: (Answer | ((asked: Asked) => Answer))[] = []
  const seen: Asked[] = []
  const upstream = await startUpstream((response, { path, body }) => {
    const headers = upstream.asked.at(-1)?.headers ?? {}
    const closed = new Promise<void>((resolve) => response.on('close', resolve))
    const asked: Asked = { path, headers, text: body, body: body === '' ? {} : JSON.parse(body), closed }
    seen.push(asked)
    const next = script.length > 1 ? script.shift() : script[0]
    if (!next) throw new Error(`nothing is scripted for ${path}`)
    tell(response, typeof next === 'function' ? next(asked) : next)
  })
  const channels = dialectIds.map((format) => {
    const served = [...new Set([usual[format], ...(models[format] ?? [])])]
    return `
  - { name: ${format}, provider: ${vendors[format]}, base_url: '${upstream.url}', keys: [upstream-key], dialects: [${format}], client_gone: abort,
      models: [${served.map((model) => `{ name: '${at(format, model)}', upstream: '${model}' }`).join(', ')}] }`
  })
  const yaml = `
sandbox: false
channels:${channels.join('')}${more.replaceAll('URL', upstream.url)}
keys: [{ name: test, key: ${key} }, { name: other, key: ${otherKey} }]`
  const gateway = await startGateway(yaml, {}, options)
  const post: Scripted['post'] = async (path, body, headers = {}) => {
    const answer = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await answer.text()
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      get json() {
        return JSON.parse(text)
      },
      lost: lostOf(answer.headers),
    }
  }
  const ask: Scripted['ask'] = (client, wish, changed, headers) => {
    const { body, headers: own, path } = formats[client].ask(wish)
    return post(path, merged(body, changed ?? {}), { ...own, ...headers })
  }
  return {
    url: gateway.url,
    gateway,
    upstream,
    says(...answers) {
      script.splice(0, script.length, ...answers)
      seen.length = 0
    },
    asked: () => [...seen],
    last() {
      const last = seen.at(-1)
      if (!last) throw new Error('the upstream was not asked')
      return last
    },
    post,
    ask,
    async see(client, wish, changed) {
      const told = await ask(client, wish, changed)
      if (told.status !== 200) throw new Error(`${told.status} ${told.text}`)
      const format: Format = formats[client]
      return wish.stream ? format.viewStream(told.text) : format.view(told.json)
    },
    async close() {
      await gateway.close()
      await upstream.close()
    },
  }
}

/** Another tenant's key. */
export const otherKey = 'sk-other-0123456789abcdef'

const lostOf = (headers: Headers): string[] => headers.get('x-causeway-lost')?.split(', ') ?? []

/** Objects inside each other, lists replaced. */
function merged(body: Json, changed: Json): Json {
  const whole: Json = { ...body }
  for (const [name, value] of Object.entries(changed)) {
    const isObject = (one: unknown) => typeof one === 'object' && one !== null && !Array.isArray(one)
    if (value === undefined) delete whole[name]
    else whole[name] = isObject(value) && isObject(whole[name]) ? merged(whole[name], value) : value
  }
  return whole
}

function tell(response: ServerResponse, { body, end = 'close', headers, status = 200, stream }: Answer): void {
  const type = stream ? 'text/event-stream' : 'application/json'
  response.writeHead(status, { 'content-type': type, ...headers })
  const pieces = stream ?? [typeof body === 'string' ? body : JSON.stringify(body ?? {})]
  const next = (position: number): void => {
    const piece = pieces[position]
    if (piece === undefined) {
      if (end === 'close') response.end()
      else if (end === 'break') response.destroy()
      return
    }
    // One write a turn of the loop, so that pieces travel apart.
    response.write(piece, () => setImmediate(next, position + 1))
  }
  next(0)
}
