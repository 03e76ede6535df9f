import { ok, type Result, refuse } from '../../model/fault.ts'
import type { ChatRequest, Identity } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import type { IncomingRequest } from '../dialect.ts'
import { readMessages } from './messages-read.ts'
import { readOutput } from './output-read.ts'
import { cacheOf } from './parts-read.ts'
import { type Reading, reading, recordOf } from './reading.ts'
import { readSampling, samplingFields } from './sampling-read.ts'
import { readTier } from './stop.ts'
import { readThinking, thinkingFields } from './thinking-read.ts'
import { readChoice, readTools } from './tools-read.ts'

/** Whether this is a body of the Responses API, as some editors post to the Chat Completions address. */
export const isResponsesShaped = (body: Readonly<Record<string, unknown>>): boolean =>
  body.input !== undefined && body.messages === undefined

/** Fields that have a neutral meaning; all others are kept in `native`. */
const known = new Set<string>([
  ...samplingFields,
  ...thinkingFields,
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_tool_calls',
  'function_call',
  'web_search_options',
  'max_completion_tokens',
  'max_tokens',
  'max_output_tokens',
  'response_format',
  'text',
  'verbosity',
  'modalities',
  'audio',
  'image_config',
  'google',
  'prompt_cache_key',
  'cache_control',
  'safety_identifier',
  'user',
  'metadata',
  'service_tier',
  'store',
  'extra_body',
])

/** Reads a client's body. `functions` stays in `native`: the answer must then speak of a `function_call`. */
export function readRequest({ body: sent }: IncomingRequest): Result<ChatRequest> {
  const to = reading()
  const body = unwrapped(sent)
  const model = to.text(body.model, 'model')
  if (!model) to.refuse('model', 'expected the name of a model.')
  const stream = to.flag(body.stream, 'stream') ?? false
  const { system, turns } = readMessages(body.messages, to)
  const maxOutput = readMaxOutput(body, to)
  const maxToolCalls = to.whole(body.max_tool_calls, 'max_tool_calls')
  const includeUsage = recordOf(body.stream_options).include_usage
  const cache = readCache(body, to)
  const tier = readTier(to.text(body.service_tier, 'service_tier'))
  const store = to.flag(body.store, 'store')
  const read: ChatRequest = {
    format: 'openai-chat',
    model: model ?? '',
    stream: stream ? 'sse' : false,
    ...(stream && includeUsage === true && { includeUsage }),
    system,
    turns,
    tools: readTools(body, to),
    ...readChoice(body, to),
    ...(maxToolCalls !== undefined && { maxToolCalls }),
    ...(maxOutput !== undefined && { maxOutput }),
    sampling: readSampling(body, to),
    thinking: readThinking(body, to),
    output: readOutput(body, to),
    ...(cache && { cache }),
    identity: readIdentity(body, to),
    ...(tier && { tier }),
    ...(store !== undefined && { state: { store } }),
    native: nativeOf(body),
    lost: to.lost,
  }
  return to.fault ? refuse(to.fault) : ok(read)
}

/** Some clients send the SDK's `extra_body` as a field: what is in it is meant for the body. */
function unwrapped(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isRecord(body.extra_body) ? { ...body.extra_body, ...body } : body
}

function readMaxOutput(body: Readonly<Record<string, unknown>>, to: Reading): number | undefined {
  const fields = ['max_completion_tokens', 'max_tokens', 'max_output_tokens'] as const
  const limits = fields.map((field) => to.whole(body[field], field))
  return limits.find((limit) => limit !== undefined)
}

function readCache(body: Readonly<Record<string, unknown>>, to: Reading): ChatRequest['cache'] {
  const key = to.text(body.prompt_cache_key, 'prompt_cache_key')
  const auto = cacheOf({ cache_control: body.cache_control })
  return key || auto ? { ...(key && { key }), ...(auto && { auto }) } : undefined
}

function readIdentity(body: Readonly<Record<string, unknown>>, to: Reading): Identity {
  const endUser = to.text(body.safety_identifier, 'safety_identifier') ?? to.text(body.user, 'user')
  const said = to.record(body.metadata, 'metadata') ?? {}
  const pairs = Object.entries(said).flatMap(([key, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[key, String(value)]] : [],
  )
  return { ...(endUser && { endUser }), ...(pairs.length > 0 && { metadata: Object.fromEntries(pairs) }) }
}

/** `null` says nothing, so it is not kept. */
const nativeOf = (body: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(body).filter(([field, value]) => !known.has(field) && value !== null))
