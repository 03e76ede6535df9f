import type { IncomingHttpHeaders } from 'node:http'
import { firstValue } from '../wire/headers.ts'
import type { Refusal } from './format.ts'
import { asText, isGiven, type Untyped } from './untyped.ts'

/** What both OpenAI formats share: their error envelope, their key and the words of common refusals. */
interface Kind {
  readonly type: string
  readonly code: string | null
}

const invalidRequest = (code: string | null): Kind => ({ type: 'invalid_request_error', code })

const KINDS: Readonly<Record<number, Kind>> = {
  401: invalidRequest('invalid_api_key'),
  402: { type: 'insufficient_quota', code: 'insufficient_quota' },
  404: invalidRequest('model_not_found'),
  429: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  503: { type: 'service_unavailable_error', code: 'server_is_overloaded' },
  529: { type: 'service_unavailable_error', code: 'server_is_overloaded' },
}

const kindOf = (status: number): Kind =>
  KINDS[status] ?? (status < 500 ? invalidRequest(null) : { type: 'server_error', code: 'server_error' })

/** @see https://platform.openai.com/docs/guides/error-codes */
export const writeOpenaiFault = ({ status, message, code, param }: Refusal): { error: Untyped } => ({
  error: {
    message,
    type: kindOf(status).type,
    param: param ?? null,
    code: code === undefined ? kindOf(status).code : code,
  },
})

/** A request that breaks a rule. */
export const invalid = (message: string, param: string | null = null, code: string | null = null): Refusal => ({
  status: 400,
  message,
  param,
  code,
})

export const missing = (param: string): Refusal =>
  invalid(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter')

export const unknown = (param: string): Refusal => invalid(`Unknown parameter: '${param}'.`, param, 'unknown_parameter')

/** Refuses a text that is too long. */
export const tooLong = (text: unknown, param: string, limit: number): Refusal | undefined =>
  asText(text).length > limit
    ? invalid(
        `Invalid '${param}': string too long. Expected a string with maximum length ${limit}, ` +
          `but got a string with length ${asText(text).length} instead.`,
        param,
        'string_above_max_length',
      )
    : undefined

const DECIMALS = ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty']

/** Refuses a number outside its range. */
export function outOfRange(body: Untyped, name: string, least: number, most: number): Refusal | undefined {
  const value = body[name]
  if (!isGiven(value)) return undefined
  if (typeof value !== 'number') return invalid(`Invalid type for '${name}': expected a number.`, name, 'invalid_type')
  const kind = DECIMALS.includes(name) ? 'decimal' : 'integer'
  if (value < least) {
    return invalid(
      `Invalid '${name}': ${kind} below minimum value. Expected a value >= ${least}, but got ${value} instead.`,
      name,
      `${kind}_below_min_value`,
    )
  }
  return value > most
    ? invalid(
        `Invalid '${name}': ${kind} above maximum value. Expected a value <= ${most}, but got ${value} instead.`,
        name,
        `${kind}_above_max_value`,
      )
    : undefined
}

export const contextLength = (tokens: number, limit: number, param: string): Refusal =>
  invalid(
    `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${tokens} tokens. ` +
      'Please reduce the length of the messages.',
    param,
    'context_length_exceeded',
  )

export const openaiKey = (headers: IncomingHttpHeaders): string | undefined =>
  firstValue(headers.authorization)?.replace(/^Bearer\s*/i, '')

export const noOpenaiKey: Refusal = {
  status: 401,
  message:
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.",
  code: null,
}

export const unknownOpenaiModel = (name: string): Refusal => ({
  status: 404,
  message: `The model \`${name}\` does not exist or you do not have access to it.`,
  code: 'model_not_found',
})
