import type { ServerResponse } from 'node:http'
import type { AppOptions } from '../../../src/app.ts'
import type { DialectId } from '../../../src/model/dialect.ts'
import { type FakeUpstream, type Gateway, key, startGateway, startUpstream } from '../../support/gateway.ts'

/** Upstreams behind one address, told apart by their channels' names, and a gateway in front of them. */
export interface Fleet {
  readonly gateway: Gateway
  /** What the channel was asked, in order. */
  asked(channel?: string): readonly Question[]
  /** From now on the channel answers so; without an answer, as it should. */
  says(channel: string, answer?: Script): void
  forget(): void
  close(): Promise<void>
}

export interface Question {
  readonly channel: string
  readonly path: string
  readonly headers: FakeUpstream['asked'][number]['headers']
  readonly body: Record<string, unknown>
}

export type Script = (response: ServerResponse) => void

export const refuses =
  (
    status: number,
    body: object = { error: { message: 'no', type: 'x' } },
    headers: Record<string, string> = {},
  ): Script =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

const usage = { input_tokens: 1, output_tokens: 1 }
const answers: Record<DialectId, (text: string, model: unknown) => object> = {
  'anthropic-messages': (text, model) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    usage,
  }),
  'openai-chat': (content, model) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  }),
  'openai-responses': (text, model) => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model,
    output: [
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text, annotations: [] }],
      },
    ],
    usage: { ...usage, total_tokens: 2 },
  }),
  gemini: (text, model) => ({
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    modelVersion: model,
  }),
}

const formatOf = (path: string): DialectId =>
  path.includes('/messages')
    ? 'anthropic-messages'
    : path.includes('/responses')
      ? 'openai-responses'
      : path.includes('generateContent')
        ? 'gemini'
        : 'openai-chat'

/** Gemini's paths name the model. */
export const nameIn = (path: string): string | undefined => /models\/(.*):/.exec(path)?.[1]

/** @param channels for each name, the rest of its configuration in YAML. */
export async function startFleet(
  channels: Readonly<Record<string, string>>,
  more = '',
  options: AppOptions = {},
): Promise<Fleet> {
  const scripts = new Map<string, Script>()
  const questions: Question[] = []
  const upstream = await startUpstream((response, { path, body }) => {
    const [, channel = '', ...rest] = path.split('/')
    const headers = upstream.asked.at(-1)?.headers ?? {}
    questions.push({
      channel: decodeURIComponent(channel),
      path: `/${rest.join('/')}`,
      headers,
      body: JSON.parse(body),
    })
    const script = scripts.get(decodeURIComponent(channel))
    if (script) script(response)
    else refuses(200, answers[formatOf(path)](channel, nameIn(path) ?? JSON.parse(body).model))(response)
  })
  const rows = Object.entries(channels).map(
    ([name, settings]) =>
      `\n  - { name: ${name}, provider: sandbox, base_url: "${upstream.url}/${name}", ${settings.includes('keys:') ? '' : `keys: [secret-of-${name}], `}${settings} }`,
  )
  const keys = more.includes('keys:') ? '' : `keys: [{ name: test, key: ${key} }]`
  const gateway = await startGateway(`sandbox: false\nchannels:${rows.join('')}\n${keys}\n${more}`, {}, options)
  return {
    gateway,
    asked: (channel) => questions.filter((one) => channel === undefined || one.channel === channel),
    says: (channel, answer) => (answer ? void scripts.set(channel, answer) : void scripts.delete(channel)),
    forget: () => void questions.splice(0),
    close: async () => {
      await gateway.close()
      await upstream.close()
    },
  }
}

export interface Heard {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Record<string, unknown>
}

const asks: Record<DialectId, (model: string) => { readonly path: string; readonly body: Record<string, unknown> }> = {
  'anthropic-messages': (model) => ({
    path: '/v1/messages',
    body: { model, max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] },
  }),
  'openai-chat': (model) => ({
    path: '/v1/chat/completions',
    body: { model, messages: [{ role: 'user', content: 'Hello' }] },
  }),
  'openai-responses': (model) => ({ path: '/v1/responses', body: { model, input: 'Hello', store: false } }),
  gemini: (model) => ({
    path: `/v1beta/models/${model}:generateContent`,
    body: { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] },
  }),
}

export interface Asking {
  readonly format?: DialectId
  readonly model?: string
  readonly body?: object
  readonly headers?: Record<string, string>
  readonly secret?: string
  readonly path?: string
}

let conversations = 0

/** One request of a client, of a conversation of its own. */
export async function ask({ gateway }: Fleet, asking: Asking = {}): Promise<Heard> {
  const { format = 'openai-chat', model = 'm', body = {}, headers = {}, secret = key } = asking
  const asked = asks[format](model)
  const response = await fetch(gateway.url + (asking.path ?? asked.path), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      'session-id': `s${conversations++}`,
      ...headers,
    },
    body: JSON.stringify({ ...asked.body, ...body }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} }
}
