import { filterWords } from '../../model/content-filter.ts'
import { type Fault, type FaultClass, fault } from '../../model/fault.ts'
import { isRecord } from '../../wire/json.ts'
import type { RefusedAnswer } from '../dialect.ts'

/**
 * AWS's exceptions, in lower case without the ending.
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors
 */
const types: Readonly<Record<string, FaultClass>> = {
  throttling: 'rate_limit',
  toomanyrequests: 'rate_limit',
  servicequotaexceeded: 'rate_limit',
  serviceunavailable: 'overloaded',
  modelnotready: 'overloaded',
  modeltimeout: 'timeout',
  modelerror: 'bad_gateway',
  modelstreamerror: 'bad_gateway',
  internalserver: 'internal',
  internalfailure: 'internal',
  validation: 'invalid',
  conflict: 'conflict',
  accessdenied: 'permission',
  resourcenotfound: 'model_not_found',
  unrecognizedclient: 'auth',
  invalidsignature: 'auth',
  incompletesignature: 'auth',
  expiredtoken: 'auth',
  missingauthenticationtoken: 'auth',
}

/** Words that make a validation's refusal finer. */
const words: readonly (readonly [RegExp, FaultClass])[] = [
  [
    /too long|maximum context|context (length|window)|too many (input )?tokens|exceeds? .{0,60}token/i,
    'context_length',
  ],
  [/model identifier is invalid|on-demand throughput isn.t supported|end of its life/i, 'model_not_found'],
  [/security token|signature|api key/i, 'auth'],
  [/content filter|guardrail/i, 'content_policy'],
  [filterWords, 'content_policy'],
]

const statuses: Readonly<Record<number, FaultClass>> = {
  400: 'invalid',
  401: 'auth',
  403: 'permission',
  404: 'model_not_found',
  408: 'timeout',
  409: 'conflict',
  413: 'too_large',
  424: 'bad_gateway',
  429: 'rate_limit',
  500: 'internal',
  503: 'overloaded',
  504: 'timeout',
}

/** Classifies a refusal by the exception in `x-amzn-errortype` or the body, then its words, then the status. */
export function readFault({ status, headers, text }: RefusedAnswer): Fault {
  const body = parsed(text)
  const type = headers['x-amzn-errortype'] ?? (typeof body.__type === 'string' ? body.__type : '')
  const message = [body.message, body.Message].find((value) => typeof value === 'string') ?? ''
  const seconds = Number.parseFloat(headers['retry-after'] ?? '')
  return {
    ...readError({ type, message, status }),
    ...(seconds >= 0 && { retryAfterMs: Math.ceil(seconds * 1000) }),
    cause: { status, text: text.slice(0, 4096) },
  }
}

export interface AwsError {
  /** `ThrottlingException`, with a namespace before it or an address behind it, or empty. */
  readonly type: string
  readonly message: string
  readonly status: number
}

export function readError({ type, message, status }: AwsError): Fault {
  const name = type.replace(/^.*#/, '').replace(/:.*$/s, '')
  const byType = types[name.toLowerCase().replace(/(exception|error)$/, '')]
  const byWords = words.find(([pattern]) => pattern.test(message))?.[1]
  const isFine = byType === undefined || byType === 'invalid' ? byWords : undefined
  const found = isFine ?? byType ?? statuses[status] ?? (status >= 500 || status < 400 ? 'bad_gateway' : 'invalid')
  return fault(found, message === '' ? 'The upstream refused the request.' : message, {
    ...(name !== '' && { code: name }),
  })
}

/** Proxies answer with HTML: that is no body. */
function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
