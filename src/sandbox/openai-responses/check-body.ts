import { isRecord } from '../../wire/json.ts'
import type { Call, Check } from '../format.ts'
import { contextLength, invalid, missing, outOfRange, unknown } from '../openai-fault.ts'
import { countPrompt } from '../prompt.ts'
import { strictProblem } from '../strict-schema.ts'
import { asRecord, asText, firstField, isGiven, quoted } from '../untyped.ts'
import { readPrompt } from './read.ts'

/** Fields of the other formats. The vendor refuses every field that it does not know. */
const FOREIGN = [
  ...[
    'messages',
    'max_tokens',
    'max_completion_tokens',
    'stop',
    'seed',
    'n',
    'logit_bias',
    'logprobs',
    'presence_penalty',
  ],
  ...['frequency_penalty', 'functions', 'function_call', 'verbosity', 'modalities', 'audio', 'prediction', 'top_k'],
  ...['stop_sequences', 'system', 'thinking', 'output_config', 'contents', 'generationConfig', 'systemInstruction'],
]
/** Fields that have another place here. */
const MOVED: Readonly<Record<string, string>> = { response_format: 'text.format', reasoning_effort: 'reasoning.effort' }
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
const LEAST_OUTPUT = 16

const isNative: Check<Call> = ({ body }) => {
  const moved = firstField(body, Object.keys(MOVED))
  if (moved !== undefined) {
    return invalid(
      `Unsupported parameter: '${moved}'. In the Responses API, this parameter has moved to '${MOVED[moved]}'.`,
      moved,
      'unsupported_parameter',
    )
  }
  const field = firstField(body, FOREIGN)
  return field === undefined ? undefined : unknown(field)
}

const hasInput: Check<Call> = ({ body: { input } }) => {
  if (!isGiven(input)) return missing('input')
  if (typeof input === 'string') return undefined
  return Array.isArray(input) && input.every(isRecord)
    ? undefined
    : invalid("Invalid type for 'input': expected one of a string or array of input items.", 'input', 'invalid_type')
}

const ranges: Check<Call> = ({ body, model }) =>
  outOfRange(body, 'temperature', 0, 2) ??
  outOfRange(body, 'top_p', 0, 1) ??
  outOfRange(body, 'top_logprobs', 0, 20) ??
  outOfRange(body, 'max_output_tokens', LEAST_OUTPUT, model.outputTokens)

/** The sandbox keeps no record, so nothing earlier can be found. */
const isStateless: Check<Call> = ({ body }) => {
  const previous = body.previous_response_id
  if (isGiven(previous)) {
    return invalid(
      `Previous response with id '${previous}' not found.`,
      'previous_response_id',
      'previous_response_not_found',
    )
  }
  if (isGiven(body.conversation))
    return { status: 404, message: 'Conversation not found.', param: 'conversation', code: null }
  return body.background === true
    ? invalid('Background mode is not supported here.', 'background', 'unsupported_parameter')
    : undefined
}

const effort: Check<Call> = ({ body }) => {
  const value = asRecord(body.reasoning).effort
  return isGiven(value) && !EFFORTS.includes(asText(value))
    ? invalid(
        `Invalid value: '${quoted(value)}'. Supported values are: ${EFFORTS.map((name) => `'${name}'`).join(', ')}.`,
        'reasoning.effort',
        'invalid_value',
      )
    : undefined
}

const output: Check<Call> = ({ body }) => {
  const format = asRecord(asRecord(body.text).format)
  if (format.type === 'json_object' && !/json/i.test(JSON.stringify(body.input))) {
    return invalid(
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
      'input',
    )
  }
  if (format.type !== 'json_schema') return undefined
  if (typeof format.name !== 'string') return missing('text.format.name')
  if (!isRecord(format.schema)) return missing('text.format.schema')
  const problem = format.strict === true ? strictProblem(format.schema) : undefined
  return problem === undefined
    ? undefined
    : invalid(
        `Invalid schema for response_format '${format.name}': ${problem}`,
        'text.format.schema',
        'invalid_json_schema',
      )
}

const isShortEnough: Check<Call> = (call) => {
  const tokens = countPrompt(readPrompt(call))
  return tokens > call.model.contextTokens ? contextLength(tokens, call.model.contextTokens, 'input') : undefined
}

export const countChecks: readonly Check<Call>[] = [isNative, hasInput, isStateless]
export const bodyChecks: readonly Check<Call>[] = [
  isNative,
  hasInput,
  ranges,
  isStateless,
  effort,
  output,
  isShortEnough,
]
