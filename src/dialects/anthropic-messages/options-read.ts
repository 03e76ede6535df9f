import type {
  CacheControl,
  ChatRequest,
  Effort,
  Identity,
  OutputFormat,
  Sampling,
  ThinkingControl,
  Tier,
} from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import { member, readBoolean, readCount, readNumber, readRecord, readString, readStrings } from './fields.ts'
import type { Findings } from './findings.ts'
import { readCacheMark } from './parts-read.ts'

type Body = Readonly<Record<string, unknown>>

/** Fields of the body that the readers of this folder understand; all others are native. */
export const knownFields: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'system', 'stream', 'tools', 'tool_choice', 'parallel_tool_calls', 'thread'],
  ...['max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'top_k', 'stop_sequences', 'stop'],
  ...['n', 'seed', 'seen', 'presence_penalty', 'frequency_penalty', 'logit_bias'],
  ...['thinking', 'output_config', 'output_format', 'response_format'],
  ...['metadata', 'user', 'service_tier', 'speed', 'cache_control'],
])

/** Tokens. Zero asks only to warm the cache. */
export const readMaxOutput = (body: Body, found: Findings): number | undefined =>
  readCount(member(body, 'max_tokens', '', found)) ?? readCount(member(body, 'max_completion_tokens', '', found))

/** Sampling; with the names that OpenAI's clients use, `seen` being a documented misspelling of `seed`. */
export function readSampling(body: Body, found: Findings): Sampling {
  const number = (name: string) => readNumber(member(body, name, '', found))
  const seed = number('seed') ?? number('seen')
  const stop = readStrings(member(body, 'stop_sequences', '', found)) ?? readStrings(member(body, 'stop', '', found))
  const logitBias = readLogitBias(body, found)
  const numbers = {
    temperature: number('temperature'),
    topP: number('top_p'),
    topK: number('top_k'),
    seed,
    presencePenalty: number('presence_penalty'),
    frequencyPenalty: number('frequency_penalty'),
    n: readCount(member(body, 'n', '', found)),
  }
  return {
    ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)),
    ...(stop && stop.length > 0 && { stop }),
    ...(logitBias && { logitBias }),
  }
}

function readLogitBias(body: Body, found: Findings): Readonly<Record<string, number>> | undefined {
  const biases = Object.entries(readRecord(member(body, 'logit_bias', '', found)) ?? {})
  const numbers = biases.filter((entry): entry is [string, number] => typeof entry[1] === 'number')
  return numbers.length > 0 ? Object.fromEntries(numbers) : undefined
}

const effortsRead: Readonly<Record<string, Effort>> = {
  none: 'none',
  minimal: 'minimal',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
  max: 'max',
}

const thinkingModes: Readonly<Record<string, ThinkingControl['mode']>> = {
  enabled: 'on',
  adaptive: 'on',
  disabled: 'off',
  between_tools: 'between_tools',
}

/** `thinking` and `output_config.effort`. A budget without a type means `enabled`. */
export function readThinking(body: Body, found: Findings): ThinkingControl {
  const thinking = readRecord(member(body, 'thinking', '', found)) ?? {}
  const config = readRecord(member(body, 'output_config', '', found)) ?? {}
  const budget = readCount(member(thinking, 'budget_tokens', 'thinking', found))
  const type = readString(member(thinking, 'type', 'thinking', found)) ?? (budget === undefined ? undefined : 'enabled')
  const effort = readEffort(config, found)
  const { type: _type, budget_tokens: _budget, display, ...native } = thinking
  const others = { ...native, ...(typeof display === 'string' && !(display in shows) && { display }) }
  return {
    mode: readMode(type, found),
    ...(effort && { effort }),
    ...(budget !== undefined && type === 'enabled' && { budget }),
    ...(typeof display === 'string' && shows[display] && { show: shows[display] }),
    ...(Object.keys(others).length > 0 && { native: others }),
  }
}

const shows: Readonly<Record<string, 'none' | 'summary'>> = { summarized: 'summary', omitted: 'none' }

function readMode(type: string | undefined, found: Findings): ThinkingControl['mode'] {
  if (type === undefined) return 'default'
  const mode = Object.hasOwn(thinkingModes, type) ? thinkingModes[type] : undefined
  if (!mode) found.wrong('thinking.type', 'must be enabled, adaptive, disabled or between_tools')
  return mode ?? 'default'
}

function readEffort(config: Body, found: Findings): Effort | undefined {
  const word = readString(member(config, 'effort', 'output_config', found))
  if (word === undefined) return undefined
  const effort = Object.hasOwn(effortsRead, word) ? effortsRead[word] : undefined
  return effort ?? found.wrong('output_config.effort', 'must be low, medium, high, xhigh or max')
}

/** `output_config.format`, its old name `output_format`, or OpenAI's `response_format`. */
export function readOutput(body: Body, found: Findings): OutputFormat {
  const config = readRecord(member(body, 'output_config', '', found)) ?? {}
  const format =
    readRecord(member(config, 'format', 'output_config', found)) ??
    readRecord(member(body, 'output_format', '', found)) ??
    readRecord(member(body, 'response_format', '', found))
  if (format?.type === 'json_object') return { format: { kind: 'json' } }
  if (format?.type !== 'json_schema') return { format: { kind: 'text' } }
  const inner = isRecord(format.json_schema) ? format.json_schema : format
  if (!isRecord(inner.schema)) {
    found.wrong('output_config.format.schema', 'must be an object')
    return { format: { kind: 'text' } }
  }
  const { schema, name, description, strict } = inner
  return {
    format: {
      kind: 'schema',
      schema,
      ...(typeof name === 'string' && { name }),
      ...(typeof description === 'string' && { description }),
      ...(typeof strict === 'boolean' && { strict }),
    },
  }
}

/** `metadata.user_id`, or OpenAI's `user`. */
export function readIdentity(body: Body, found: Findings): Identity {
  const { user_id: _user, ...others } = readRecord(member(body, 'metadata', '', found)) ?? {}
  const endUser =
    readString(member(isRecord(body.metadata) ? body.metadata : {}, 'user_id', 'metadata', found)) ??
    readString(member(body, 'user', '', found))
  const strings = Object.entries(others).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return {
    ...(endUser !== undefined && { endUser }),
    ...(strings.length > 0 && { metadata: Object.fromEntries(strings) }),
  }
}

const tiersRead: Readonly<Record<string, Tier>> = {
  auto: 'auto',
  standard_only: 'standard',
  default: 'standard',
  flex: 'flex',
  priority: 'priority',
}

/** `speed: "fast"`, else `service_tier`. */
export function readTier(body: Body, found: Findings): Tier | undefined {
  if (readString(member(body, 'speed', '', found)) === 'fast') return 'fast'
  const word = readString(member(body, 'service_tier', '', found))
  return word !== undefined && Object.hasOwn(tiersRead, word) ? tiersRead[word] : undefined
}

/** Top-level `cache_control`: the vendor marks the last block by itself. */
export function readCache(body: Body): CacheControl | undefined {
  const auto = readCacheMark(body.cache_control)
  return auto && { auto }
}

/** What only this format knows: fields nobody here reads, and what remains of `output_config`. */
export function readNative(body: Body): ChatRequest['native'] {
  const native = Object.fromEntries(
    Object.entries(body).filter(([field, value]) => !knownFields.has(field) && value !== undefined && value !== null),
  )
  if (!isRecord(body.output_config)) return native
  const { effort: _effort, format: _format, ...config } = body.output_config
  return Object.keys(config).length > 0 ? { ...native, output_config: config } : native
}

/** Whether the answer is streamed. */
export const readStream = (body: Body, found: Findings): false | 'sse' =>
  readBoolean(member(body, 'stream', '', found)) ? 'sse' : false
