import { filterWords } from '../../model/content-filter.ts'
import { type Fault, type FaultClass, fault, spellingOf } from '../../model/fault.ts'
import { overflowWords } from '../../model/overflow.ts'
import { isRecord } from '../../wire/json.ts'
import { writeSse } from '../../wire/sse.ts'
import type { RefusedAnswer, WrittenFault } from '../dialect.ts'

type Answer = Readonly<Record<string, unknown>>

// ---------------------------------------------------------------- reading

/** Classifies a refusal: by `error.details.error_code`, then the words, then `error.type`, then the status. */
export function readFault({ status, headers, text }: RefusedAnswer): Fault {
  const body = parse(text)
  const retryAfterMs = readRetryAfter(headers)
  const read = isRecord(body) ? readErrorBody(body, status) : undefined
  const classified = read ?? fault(classOfStatus(status), `the upstream answered with status ${status}`)
  return { ...classified, ...(retryAfterMs !== undefined && { retryAfterMs }), cause: { status, text } }
}

/** `{type: "error", error: {type, message, details}}`, from a refusal, a 200 or a stream; compatible servers send OpenAI's shape. */
export function readErrorBody(body: Answer, status?: number): Fault {
  const error = isRecord(body.error) ? body.error : body
  const message = typeof error.message === 'string' ? error.message : 'the upstream reported an error'
  const details = isRecord(error.details) ? error.details : undefined
  const code = [details?.error_code, error.code].find((value) => typeof value === 'string')
  return fault(classify({ type: error.type, code, message, status }), message, {
    ...(typeof code === 'string' && { code }),
    ...(typeof error.param === 'string' && { param: error.param }),
    ...(details && { details }),
  })
}

interface Evidence {
  readonly type: unknown
  readonly code: unknown
  readonly message: string
  readonly status: number | undefined
}

function classify({ type, code, message, status }: Evidence): FaultClass {
  const byCode = typeof code === 'string' && Object.hasOwn(codes, code) ? codes[code] : undefined
  if (byCode) return byCode
  const byType = classOfType(type, status)
  const byWords = words.find(({ among, pattern }) => (byType ? among.includes(byType) : true) && pattern.test(message))
  return byWords?.means ?? byType ?? classOfStatus(status ?? 500)
}

/** The catch-all `api_error` says less than the status of an edge or a proxy (502, 503, 504). */
function classOfType(type: unknown, status: number | undefined): FaultClass | undefined {
  if (type === 'api_error' && status !== undefined && status > 500) return classOfStatus(status)
  return typeof type === 'string' && Object.hasOwn(types, type) ? types[type] : undefined
}

const codes: Readonly<Record<string, FaultClass>> = {
  enforced_spend_limit_reached: 'billing',
  contract_spend_limit_reached: 'billing',
  insufficient_quota: 'billing',
  thread_not_found: 'not_found',
  compaction_unavailable: 'overloaded',
  request_body_too_large_after_decoding: 'too_large',
  context_length_exceeded: 'context_length',
  model_not_found: 'model_not_found',
  rate_limit_exceeded: 'rate_limit',
  invalid_api_key: 'auth',
}

const types: Readonly<Record<string, FaultClass>> = {
  invalid_request_error: 'invalid',
  authentication_error: 'auth',
  billing_error: 'billing',
  permission_error: 'permission',
  not_found_error: 'not_found',
  conflict_error: 'conflict',
  request_too_large: 'too_large',
  rate_limit_error: 'rate_limit',
  api_error: 'internal',
  timeout_error: 'timeout',
  overloaded_error: 'overloaded',
}

interface Words {
  /** The classes that these words make finer. */
  readonly among: readonly FaultClass[]
  readonly pattern: RegExp
  readonly means: FaultClass
}

/** "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC." */
const spendLimitWords =
  /reached your (specified )?(api )?usage limits?|you will regain access|(reached|exceeded|hit) (your|its|the) (\w+ ){0,3}spend(ing)? limit/i

const words: readonly Words[] = [
  {
    among: ['invalid', 'too_large'],
    pattern: overflowWords,
    means: 'context_length',
  },
  {
    among: ['invalid', 'permission'],
    pattern: /credit balance is too low|insufficient (balance|quota)/i,
    means: 'billing',
  },
  { among: ['invalid', 'permission', 'rate_limit'], pattern: spendLimitWords, means: 'billing' },
  { among: ['invalid'], pattern: filterWords, means: 'content_policy' },
  {
    among: ['not_found'],
    pattern: /^model\b|\bmodel(:|\s.*(not (found|exist)|does not exist))/i,
    means: 'model_not_found',
  },
]

const statuses: Readonly<Record<number, FaultClass>> = {
  400: 'invalid',
  401: 'auth',
  402: 'billing',
  403: 'permission',
  404: 'not_found',
  408: 'timeout',
  409: 'conflict',
  413: 'too_large',
  422: 'unprocessable',
  429: 'rate_limit',
  499: 'cancelled',
  500: 'internal',
  502: 'bad_gateway',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
}

const classOfStatus = (status: number): FaultClass => statuses[status] ?? (status >= 500 ? 'bad_gateway' : 'invalid')

function readRetryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const ms = Number(headers['retry-after-ms'] || Number.NaN)
  const seconds = Number(headers['retry-after'] || Number.NaN)
  if (Number.isFinite(ms) && ms >= 0) return ms
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}

/** Edges and proxies answer with HTML: that is no body. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

// ---------------------------------------------------------------- writing

/** Clients must not try these again by themselves. Claude Code would ask with a wrong key for minutes. */
const finalClasses: ReadonlySet<FaultClass> = new Set([
  'auth',
  'permission',
  'billing',
  'content_policy',
  'context_length',
])

/** The whole answer of a request that failed before its first byte. */
export function writeFault(failed: Fault, requestId: string): WrittenFault {
  const { retryAfterMs } = failed
  return {
    status: spellingOf(failed.class, 'anthropic-messages').status,
    headers: {
      'request-id': requestId,
      ...(finalClasses.has(failed.class) && { 'x-should-retry': 'false' }),
      ...(retryAfterMs !== undefined && {
        'retry-after': String(Math.ceil(retryAfterMs / 1000)),
        'retry-after-ms': String(Math.ceil(retryAfterMs)),
      }),
    },
    body: faultBody(failed, requestId),
  }
}

/** The fault as the last frame of a stream. */
export const faultFrame = (failed: Fault, requestId: string): string =>
  writeSse({ event: 'error', data: JSON.stringify(faultBody(failed, requestId)) })

const faultBody = (failed: Fault, requestId: string) => ({
  type: 'error',
  error: {
    type: spellingOf(failed.class, 'anthropic-messages').type,
    message: failed.class === 'context_length' ? tooLong(failed.message) : failed.message,
    ...(failed.details && { details: failed.details }),
  },
  request_id: requestId,
})

/** The words by which clients know that they must compact. Vendors tell the limit and the prompt's size in either order. */
function tooLong(message: string): string {
  if (/prompt is too long/i.test(message)) return message
  // Not those that are part of a name (`gpt-4-0613`).
  const numbers = [...message.matchAll(/(?<![\w.-])\d[\d,]{2,}/g)]
    .map(([digits]) => Number(digits.replaceAll(',', '')))
    .slice(0, 2)
  const [first, second] = numbers
  if (first === undefined || second === undefined) return `prompt is too long: ${message}`
  return `prompt is too long: ${Math.max(first, second)} tokens > ${Math.min(first, second)} maximum`
}
