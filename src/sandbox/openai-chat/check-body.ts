import type { Call, Check } from '../format.ts'
import { contextLength, invalid, missing, outOfRange, unknown } from '../openai-fault.ts'
import { countPrompt } from '../prompt.ts'
import { strictProblem } from '../strict-schema.ts'
import { asList, asRecord, asText, firstField, isGiven, quoted } from '../untyped.ts'
import { readPrompt } from './read.ts'

/** Fields of the other formats. The vendor refuses every field that it does not know. */
const FOREIGN = [
  ...[
    'top_k',
    'stop_sequences',
    'system',
    'thinking',
    'output_config',
    'anthropic_version',
    'max_output_tokens',
    'input',
  ],
  ...['instructions', 'text', 'include', 'previous_response_id', 'truncation', 'cache_control'],
  ...['contents', 'generationConfig', 'systemInstruction', 'toolConfig', 'safetySettings'],
]
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
const MOST_STOPS = 4

const isNative: Check<Call> = ({ body }) => {
  const field = firstField(body, FOREIGN)
  return field === undefined ? undefined : unknown(field)
}

const hasMessages: Check<Call> = ({ body }) => {
  if (!isGiven(body.messages)) return missing('messages')
  if (!Array.isArray(body.messages))
    return invalid("Invalid type for 'messages': expected an array.", 'messages', 'invalid_type')
  return asList(body.messages).length === 0
    ? invalid("Invalid 'messages': empty array. Expected an array with minimum length 1.", 'messages', 'empty_array')
    : undefined
}

const ranges: Check<Call> = ({ body, model }) =>
  outOfRange(body, 'temperature', 0, 2) ??
  outOfRange(body, 'top_p', 0, 1) ??
  outOfRange(body, 'n', 1, 128) ??
  outOfRange(body, 'presence_penalty', -2, 2) ??
  outOfRange(body, 'frequency_penalty', -2, 2) ??
  outOfRange(body, 'top_logprobs', 0, 20) ??
  outOfRange(body, 'max_tokens', 1, model.outputTokens) ??
  outOfRange(body, 'max_completion_tokens', 1, model.outputTokens)

const company: Check<Call> = ({ body }) => {
  if (isGiven(body.max_tokens) && isGiven(body.max_completion_tokens)) {
    return invalid(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'max_tokens',
      'invalid_parameter_combination',
    )
  }
  if (isGiven(body.top_logprobs) && body.logprobs !== true) {
    return invalid("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", 'top_logprobs')
  }
  return isGiven(body.stream_options) && body.stream !== true
    ? invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
    : undefined
}

const values: Check<Call> = ({ body }) => {
  if (asList(body.stop).length > MOST_STOPS) {
    return invalid(
      `Invalid 'stop': array too long. Expected an array with maximum length ${MOST_STOPS}.`,
      'stop',
      'array_above_max_length',
    )
  }
  const effort = body.reasoning_effort
  return isGiven(effort) && !EFFORTS.includes(asText(effort))
    ? invalid(
        `Invalid value: '${quoted(effort)}'. Supported values are: ${EFFORTS.map((name) => `'${name}'`).join(', ')}.`,
        'reasoning_effort',
        'invalid_value',
      )
    : undefined
}

const output: Check<Call> = ({ body }) => {
  const format = asRecord(body.response_format)
  if (format.type === 'json_object' && !/json/i.test(JSON.stringify(body.messages))) {
    return invalid(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      'messages',
    )
  }
  if (format.type !== 'json_schema') return undefined
  const { name, schema, strict } = asRecord(format.json_schema)
  if (typeof name !== 'string') return missing('response_format.json_schema.name')
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    return invalid(
      "Invalid 'response_format.json_schema.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
      'response_format.json_schema.name',
      'invalid_value',
    )
  }
  const problem = strict === true ? strictProblem(schema) : undefined
  return problem === undefined
    ? undefined
    : invalid(`Invalid schema for response_format '${name}': ${problem}`, 'response_format')
}

const isShortEnough: Check<Call> = (call) => {
  const tokens = countPrompt(readPrompt(call))
  return tokens > call.model.contextTokens ? contextLength(tokens, call.model.contextTokens, 'messages') : undefined
}

export const bodyChecks: readonly Check<Call>[] = [
  isNative,
  hasMessages,
  ranges,
  company,
  values,
  output,
  isShortEnough,
]
