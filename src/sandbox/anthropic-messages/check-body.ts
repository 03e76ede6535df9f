import { firstValue } from '../../wire/headers.ts'
import type { Call, Check } from '../format.ts'
import { countPrompt } from '../prompt.ts'
import { asList, asNumber, asText, asTexts, firstField, isGiven } from '../untyped.ts'
import { readPrompt } from './read.ts'
import { extra, invalid } from './refusal.ts'

/** Fields of the other formats that come in by mistake. The vendor refuses every field that it does not know. */
const FOREIGN = [
  ...['n', 'seed', 'stop', 'user', 'logit_bias', 'logprobs', 'top_logprobs', 'presence_penalty', 'frequency_penalty'],
  ...[
    'max_completion_tokens',
    'max_output_tokens',
    'response_format',
    'reasoning_effort',
    'reasoning',
    'stream_options',
  ],
  ...['parallel_tool_calls', 'functions', 'function_call', 'input', 'instructions', 'store', 'verbosity', 'text'],
  ...['contents', 'generationConfig', 'systemInstruction', 'toolConfig', 'safetySettings'],
]
const SAMPLING = ['temperature', 'top_p', 'top_k']
/** Since this version of the API the sampling fields are gone. */
const WITHOUT_SAMPLING = '2026-10-21'

export const version = (call: Call): string => firstValue(call.headers['anthropic-version']) ?? ''

const hasVersion: Check<Call> = (call) =>
  version(call) === '' ? invalid('anthropic-version: header is required') : undefined

const hasMessages: Check<Call> = ({ body }) => {
  if (!isGiven(body.messages)) return invalid('messages: Field required')
  if (!Array.isArray(body.messages)) return invalid('messages: Input should be a valid array')
  return asList(body.messages).length === 0 ? invalid('messages: at least one message is required') : undefined
}

const isNative: Check<Call> = ({ body }) => {
  const field = firstField(body, FOREIGN)
  return field === undefined ? undefined : extra(field)
}

const samples: Check<Call> = (call) => {
  const { body } = call
  const field = firstField(body, SAMPLING)
  if (field !== undefined && version(call) === WITHOUT_SAMPLING) return extra(field)
  for (const name of ['temperature', 'top_p']) {
    if (asNumber(body[name] ?? 0) > 1) return invalid(`${name}: Input should be less than or equal to 1`)
    if (asNumber(body[name] ?? 0) < 0) return invalid(`${name}: Input should be greater than or equal to 0`)
  }
  return undefined
}

const limitsOutput: Check<Call> = ({ body, model }) => {
  const tokens = body.max_tokens
  if (!isGiven(tokens)) return invalid('max_tokens: Field required')
  if (!Number.isInteger(tokens)) return invalid('max_tokens: Input should be a valid integer')
  if (asNumber(tokens) <= 0) return invalid('max_tokens: Input should be greater than or equal to 1')
  return asNumber(tokens) > model.outputTokens
    ? invalid(
        `max_tokens: ${tokens} > ${model.outputTokens}, which is the maximum allowed number of output tokens for ${model.id}`,
      )
    : undefined
}

const stops: Check<Call> = ({ body }) =>
  asTexts(body.stop_sequences).some((stop) => stop.trim() === '')
    ? invalid('stop_sequences: each stop sequence must contain non-whitespace')
    : undefined

const isShortEnough: Check<Call> = (call) => {
  const tokens = countPrompt(readPrompt(call))
  return tokens > call.model.contextTokens
    ? invalid(`prompt is too long: ${tokens} tokens > ${call.model.contextTokens} maximum`)
    : undefined
}

const isSystemText: Check<Call> = ({ body }) => {
  const system = body.system
  if (!isGiven(system) || typeof system === 'string') return undefined
  if (!Array.isArray(system)) return invalid('system: Input should be a valid string or array')
  return system.some((block) => asText(block?.text).trim() === '')
    ? invalid('system: text content blocks must be non-empty')
    : undefined
}

/** The sandbox keeps no record, so there is no thread to go on from; clients send everything then. */
const isStateless: Check<Call> = ({ body }) =>
  isGiven(body.thread)
    ? {
        ...invalid('thread: message threads are not supported for this model'),
        code: 'thread_unsupported_request',
        param: 'model',
      }
    : undefined

/** Fields that only the creation of a message takes. */
const notCounted: Check<Call> = ({ body }) => {
  const field = firstField(body, ['max_tokens', 'stream', 'stop_sequences', 'metadata', 'service_tier'])
  return field === undefined ? undefined : extra(field)
}

export const countChecks: readonly Check<Call>[] = [
  hasVersion,
  hasMessages,
  isNative,
  samples,
  notCounted,
  isSystemText,
]
export const bodyChecks: readonly Check<Call>[] = [
  ...[hasVersion, isStateless, hasMessages, isNative, samples, limitsOutput],
  ...[stops, isSystemText, isShortEnough],
]
