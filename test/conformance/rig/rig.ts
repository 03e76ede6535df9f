import type { ServerResponse } from 'node:http'
import { type DialectId, dialectIds } from '../../../src/model/dialect.ts'
import { anthropicMessages } from '../../../src/sandbox/anthropic-messages/index.ts'
import { isRefusal, type Format as SandboxFormat } from '../../../src/sandbox/format.ts'
import { gemini } from '../../../src/sandbox/gemini/index.ts'
import { sandboxModels } from '../../../src/sandbox/models.ts'
import { openaiChat } from '../../../src/sandbox/openai-chat/index.ts'
import { openaiResponses } from '../../../src/sandbox/openai-responses/index.ts'
import { prefixCache } from '../../../src/sandbox/prefix-cache.ts'
import { formats, type Json, type View, type Wish } from '../../support/formats/format.ts'
import { type FakeUpstream, type Gateway, key, startGateway, startUpstream } from '../../support/gateway.ts'
import { type Heard, heard } from './heard.ts'
import { askedIn, type Said, say } from './said.ts'

/** Upstream models, chosen for what `providers/models` knows of them; every format serves all of them. */
const models = [
  'plain-model',
  'claude-3-5-sonnet-20241022',
  'claude-sonnet-4-5',
  'claude-opus-4-7',
  'claude-opus-5-5',
  'gpt-4o',
  'gpt-5.6',
  'gemini-2.5-flash',
  'gemini-3-pro-preview',
] as const

export type RigModel = (typeof models)[number]

/** The name under which an upstream of `format` is asked for `model`. */
export const at = (format: DialectId, model: RigModel = 'plain-model'): string => `${format}/${model}`

/** How a scripted upstream answers: with something said, or by hand. */
export type Script = Said | ((response: ServerResponse, asked: { path: string; body: string }) => void)

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The fields of `x-causeway-lost`. */
  readonly lost: readonly string[]
  /** What went upstream for it, last. */
  readonly body: Json
  readonly raw: string
  readonly sent: FakeUpstream['asked'][number] | undefined
  /** What the upstream was asked, in shared words. */
  readonly heard: Heard
  /** What the client sees; throws where the answer breaks the format's grammar. */
  readonly view: View
}

export interface Rig {
  readonly gateway: Gateway
  readonly upstream: FakeUpstream
  /** What the upstream says from now on. */
  answer(script: Script): void
  /** A request in the words of `formats`. */
  ask(client: DialectId, wish: Wish, more?: Json, headers?: Record<string, string>): Promise<Answer>
  /** A request as it stands. */
  post(path: string, body: Json | string, headers?: Record<string, string>): Promise<Answer>
  close(): Promise<void>
}

/**
 * A gateway with one channel for every format, all answered by one scripted upstream. It refuses what its vendor would,
 * unless it is `lenient`.
 */
export async function startRig({ lenient = false } = {}): Promise<Rig> {
  let script: Script = { text: 'Hello.' }
  const upstream = await startUpstream((response, asked) => {
    // It was put there just now.
    const sent = upstream.asked.at(-1)
    const refusal = sent && !lenient ? refusalOf(sent) : undefined
    if (refusal !== undefined) {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { type: 'invalid_request_error', message: refusal } }))
    } else if (typeof script === 'function') script(response, asked)
    else say(script, response, asked)
  })
  const channels = dialectIds.map(
    (format) => `
  - name: ${format}
    provider: sandbox
    base_url: ${upstream.url}
    keys: [upstream-key]
    dialects: [${format}]
    models: [${models.map((model) => `{ name: ${at(format, model)}, upstream: ${model} }`).join(', ')}]`,
  )
  const gateway = await startGateway(`
sandbox: false
channels:${channels.join('')}
keys: [{ name: test, key: ${key} }]`)
  const post: Rig['post'] = async (path, body, headers = {}) => {
    const before = upstream.asked.length
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return answerOf(path, response, await response.text(), upstream.asked.slice(before).at(-1))
  }
  return {
    gateway,
    upstream,
    answer: (next) => {
      script = next
    },
    post,
    ask(client, wish, more, headers) {
      const asked = formats[client].ask(wish)
      return post(asked.path, { ...asked.body, ...more }, { ...asked.headers, ...headers })
    },
    async close() {
      await gateway.close()
      await upstream.close()
    },
  }
}

function answerOf(path: string, response: Response, text: string, sent: Answer['sent']): Answer {
  const body = () => {
    if (!sent) throw new Error(`the upstream was not asked; the client got ${response.status} ${text}`)
    return JSON.parse(sent.body)
  }
  return {
    status: response.status,
    headers: response.headers,
    text,
    lost: response.headers.get('x-causeway-lost')?.split(', ') ?? [],
    sent,
    get body() {
      return body()
    },
    get raw() {
      return sent?.body ?? ''
    },
    get heard() {
      return heard[askedIn(sent ?? { path: '', body: '{}' }).format](body())
    },
    get view() {
      if (response.status !== 200) throw new Error(`${response.status} ${text}`)
      const { format } = askedIn({ path, body: '{}' })
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
      return isStream ? formats[format].viewStream(text) : formats[format].view(JSON.parse(text))
    },
  }
}

const judges: Record<DialectId, SandboxFormat> = {
  'anthropic-messages': anthropicMessages,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  gemini,
}

/** What the vendor would object to, by the sandbox's rules, which are written without our dialects. */
function refusalOf(asked: FakeUpstream['asked'][number]): string | undefined {
  const { format } = askedIn(asked)
  const [model] = sandboxModels
  if (!model) throw new Error('the sandbox has no models')
  const read = judges[format].read({
    headers: asked.headers,
    url: new URL(asked.path, 'http://upstream'),
    body: JSON.parse(asked.body),
    name: 'any',
    model: { ...model, outputTokens: 200_000 },
    seed: 'seed',
    nowMs: 0,
    account: '',
    cache: prefixCache(),
  })
  return isRefusal(read) ? read.message : undefined
}

/** All sixteen ways between a client's format and an upstream's. */
export const ways = dialectIds.flatMap((client) => dialectIds.map((upstream) => [client, upstream] as const))

/** The twelve of them that are translated. */
export const translated = ways.filter(([client, upstream]) => client !== upstream)

/** The error that a client of each format reads, in one shape. */
export const errorOf: Record<DialectId, (body: Json) => { kind: string; message: string }> = {
  'anthropic-messages': ({ type, error }) => ({ kind: `${type} ${error.type}`, message: error.message }),
  'openai-chat': ({ error }) => ({ kind: `${error.type} ${error.code}`, message: error.message }),
  'openai-responses': ({ error }) => ({ kind: `${error.type} ${error.code}`, message: error.message }),
  gemini: ({ error }) => ({ kind: `${error.code} ${error.status}`, message: error.message }),
}
