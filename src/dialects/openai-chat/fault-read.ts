import { filterWords } from '../../model/content-filter.ts'
import { type Fault, type FaultClass, fault } from '../../model/fault.ts'
import { overflowWords } from '../../model/overflow.ts'
import { isRecord } from '../../wire/json.ts'
import type { RefusedAnswer } from '../dialect.ts'
import { lookUp, recordOf, records, word } from './reading.ts'

/** Codes that say what happened, whatever the status. @see https://platform.openai.com/docs/guides/error-codes */
export const codes: Readonly<Record<string, FaultClass>> = {
  context_length_exceeded: 'context_length',
  context_window_exceeded: 'context_length',
  string_above_max_length: 'invalid',
  insufficient_quota: 'billing',
  billing_hard_limit_reached: 'billing',
  credit_balance_exhausted: 'billing',
  usage_not_included: 'billing',
  insufficient_balance: 'billing',
  insufficient_user_quota: 'billing',
  exceeded_current_quota_error: 'billing',
  // Gateways' words for what an Idempotency-Key can run into, ours among them.
  idempotency_conflict: 'conflict',
  idempotency_in_progress: 'conflict',
  idempotency_answer_not_kept: 'conflict',
  rate_limit_exceeded: 'rate_limit',
  rate_limit_reached_error: 'rate_limit',
  slow_down: 'overloaded',
  server_is_overloaded: 'overloaded',
  engine_overloaded_error: 'overloaded',
  model_overloaded: 'overloaded',
  model_not_found: 'model_not_found',
  deployment_not_found: 'model_not_found',
  deploymentnotfound: 'model_not_found',
  invalid_api_key: 'auth',
  invalid_authentication_error: 'auth',
  account_deactivated: 'permission',
  permission_denied: 'permission',
  content_policy_violation: 'content_policy',
  content_filter: 'content_policy',
  invalid_prompt: 'content_policy',
  cyber_policy: 'content_policy',
  bio_policy: 'content_policy',
  data_inspection_failed: 'content_policy',
  unsupported_parameter: 'unsupported',
  unsupported_value: 'unsupported',
  request_too_large: 'too_large',
  // The model's own call did not fit its schema: another try may succeed.
  tool_use_failed: 'bad_gateway',
  server_error: 'internal',
  timeout: 'timeout',
}

const types: Readonly<Record<string, FaultClass>> = {
  insufficient_quota: 'billing',
  exceeded_current_quota_error: 'billing',
  billing_error: 'billing',
  rate_limit_error: 'rate_limit',
  rate_limit_reached_error: 'rate_limit',
  rate_limit_exceeded: 'rate_limit',
  tokens: 'rate_limit',
  requests: 'rate_limit',
  overloaded_error: 'overloaded',
  engine_overloaded_error: 'overloaded',
  service_unavailable_error: 'overloaded',
  service_unavailable: 'overloaded',
  authentication_error: 'auth',
  invalid_authentication_error: 'auth',
  permission_error: 'permission',
  permission_denied_error: 'permission',
  content_filter: 'content_policy',
  timeout_error: 'timeout',
}

/** What vendors write where their codes say nothing. The first that is found. */
const texts: readonly (readonly [RegExp, FaultClass])[] = [
  [overflowWords, 'context_length'],
  [/context (length|window|size)|input token count/i, 'context_length'],
  [
    /insufficient (balance|credits?|quota|funds)|exceeded your current quota|reached your specified (api )?usage limits|out of credits|payment required|arrears|账户余额|余额不足|额度/i,
    'billing',
  ],
  [/rate limit|too many requests|requests per (minute|day)|tokens per (minute|day)|请求过于频繁/i, 'rate_limit'],
  [
    /overloaded|at capacity|temporarily unavailable|currently unavailable|server is busy|try again later/i,
    'overloaded',
  ],
  [/incorrect api key|invalid api key|invalid authentication|no api key|unauthorized/i, 'auth'],
  [
    /model.{0,80}(does not exist|not found|not exist)|unknown model|no such model|not a valid model/i,
    'model_not_found',
  ],
  [filterWords, 'content_policy'],
]

const statuses: Readonly<Record<number, FaultClass>> = {
  400: 'invalid',
  401: 'auth',
  402: 'billing',
  403: 'permission',
  404: 'not_found',
  405: 'not_found',
  408: 'timeout',
  409: 'conflict',
  413: 'too_large',
  415: 'encoding',
  422: 'unprocessable',
  424: 'bad_gateway',
  429: 'rate_limit',
  498: 'overloaded',
  499: 'cancelled',
  500: 'internal',
  502: 'bad_gateway',
  503: 'overloaded',
  504: 'timeout',
  524: 'timeout',
  529: 'overloaded',
}

/** Classifies a refusal by code, then type, then text, then status. Bodies come in a dozen shapes, or are a proxy's HTML. */
export function readFault({ status, headers, text }: RefusedAnswer): Fault {
  const body = parsed(text)
  const error = body === undefined ? undefined : (errorIn(recordOf(Array.isArray(body) ? body[0] : body)) ?? body)
  const read = readError(error, status)
  const retryAfterMs = retryAfter(headers) ?? read.retryAfterMs
  return { ...read, ...(retryAfterMs !== undefined && { retryAfterMs }), cause: { status, body: text.slice(0, 4096) } }
}

/**
 * The error that stands in a body, wherever this server puts it; undefined when the body is none.
 * `{error}` (object or string), `{object: 'error'}`, an error in the first choice, `{detail}`, `{errors}`, `{base_resp}`.
 */
export function errorIn(body: Readonly<Record<string, unknown>>): unknown {
  if (body.error) return body.error
  const [choice] = records(body.choices)
  if (choice) return choice.error || undefined
  if (body.object === 'error' || body.type === 'error') return body
  const response = recordOf(body.base_resp)
  if (typeof response.status_code === 'number' && response.status_code !== 0)
    return { code: response.status_code, message: response.status_msg }
  return body.detail ?? body.errors ?? undefined
}

/** Classifies the error itself, which may be any JSON. `status` is the HTTP status, 200 for an error in a stream. */
export function readError(error: unknown, status = 200): Fault {
  const said = isRecord(error) ? error : { message: Array.isArray(error) ? firstOf(error) : error }
  const raw = word(recordOf(said.metadata).raw) ?? ''
  const message = messageOf(said)
  const code = typeof said.code === 'number' ? undefined : word(said.code)
  const implied = [said.code, said.status, said.status_code].find(
    (value) => typeof value === 'number' && statuses[value],
  )
  const found = classOf(
    { code, type: word(said.type), text: `${message} ${raw}` },
    status >= 400 ? status : Number(implied ?? 0),
  )
  const param = word(said.param)
  const retryAfterMs = retryInText(message)
  return fault(found, message === '' ? 'The upstream refused the request.' : message, {
    ...(param !== undefined && { param }),
    ...(code !== undefined && { code }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

interface Evidence {
  readonly code: string | undefined
  readonly type: string | undefined
  readonly text: string
}

function classOf({ code, type, text }: Evidence, status: number): FaultClass {
  const byWord = byCode(code) ?? lookUp(types, (type ?? '').toLowerCase())
  if (byWord) return byWord
  const byText = texts.find(([pattern]) => pattern.test(text))?.[1]
  // A server's breakdown stays one, whatever its text reminds of.
  if (byText && (status < 500 || byText === 'context_length' || byText === 'overloaded')) return byText
  return statuses[status] ?? (status >= 500 || status < 400 ? 'bad_gateway' : 'invalid')
}

function byCode(code: string | undefined): FaultClass | undefined {
  const lower = (code ?? '').toLowerCase()
  return lookUp(codes, lower) ?? (lower.endsWith('_spend_limit_exceeded') ? 'billing' : undefined)
}

const messageOf = (error: Readonly<Record<string, unknown>>): string =>
  word(error.message) ?? word(error.msg) ?? word(error.error_msg) ?? word(error.detail) ?? word(error.title) ?? ''

/** FastAPI's list of problems, or plain strings. */
const firstOf = (errors: readonly unknown[]): string | undefined =>
  errors.map((error) => word(error) ?? messageOf(recordOf(error))).find((text) => text !== '')

function retryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const exact = Number.parseFloat(headers['retry-after-ms'] ?? '')
  if (exact >= 0) return Math.ceil(exact)
  const said = headers['retry-after'] ?? ''
  if (/^\d+(\.\d+)?$/.test(said)) return Math.ceil(Number.parseFloat(said) * 1000)
  // A date is counted from the answer's own: the clocks need not agree.
  const wait = Date.parse(said) - Date.parse(headers.date ?? '')
  return Number.isFinite(wait) && wait >= 0 ? wait : undefined
}

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/** "Please try again in 1.5s", "in 6m0s", "in 20 seconds". */
function retryInText(text: string): number | undefined {
  const found = /(?:try again|retry) in ((?:[\d.]+ ?(?:ms|s|m)[a-z]* ?)+)/i.exec(text)?.[1]
  if (found === undefined) return undefined
  let wait = 0
  for (const [, amount, unit] of found.matchAll(/([\d.]+) ?(ms|s|m)/g))
    wait += Number.parseFloat(amount ?? '') * (MS[unit ?? ''] ?? 0)
  return Number.isFinite(wait) ? Math.ceil(wait) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
