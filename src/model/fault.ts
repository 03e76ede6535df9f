import type { DialectId } from './dialect.ts'

/**
 * Why a request was not answered, or an answer broke off. A value, never thrown.
 * `message` goes to the client: no secret, no upstream address. `cause` goes to the log alone.
 */
export interface Fault {
  readonly class: FaultClass
  readonly message: string
  /** The field of the client's body that is at fault. */
  readonly param?: string
  /** A vendor's or our own finer code (`context_length_exceeded`, `previous_response_not_found`). */
  readonly code?: string
  /** Milliseconds until it is worth trying again. */
  readonly retryAfterMs?: number
  /** Machine-readable extras for formats that have a place for them (Anthropic `error.details`). */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
  /** About the client's own account here: no upstream said it, and none is to blame. */
  readonly isOwn?: true
}

/** How one format names a fault: HTTP status, its `type` or `status` word, and the default `code` where it has one. */
interface Spelling {
  readonly status: number
  readonly type: string
  readonly code?: string
}

interface FaultRow {
  /** Another channel may do better, as long as nothing was sent to the client. */
  readonly retriable: boolean
  readonly anthropic: Spelling
  readonly openai: Spelling
  readonly gemini: Spelling
}

const row = (retriable: boolean, anthropic: Spelling, openai: Spelling, gemini: Spelling): FaultRow => ({
  retriable,
  anthropic,
  openai,
  gemini,
})

const spell = (status: number, type: string, code?: string): Spelling => ({ status, type, ...(code && { code }) })

/**
 * Every class of fault and its spelling in each format.
 * @see https://platform.claude.com/docs/en/api/errors
 * @see https://platform.openai.com/docs/guides/error-codes
 * @see https://ai.google.dev/gemini-api/docs/troubleshooting
 */
export const faultTable = {
  invalid: row(
    false,
    spell(400, 'invalid_request_error'),
    spell(400, 'invalid_request_error'),
    spell(400, 'INVALID_ARGUMENT'),
  ),
  context_length: row(
    false,
    spell(400, 'invalid_request_error'),
    spell(400, 'invalid_request_error', 'context_length_exceeded'),
    spell(400, 'INVALID_ARGUMENT'),
  ),
  content_policy: row(
    false,
    spell(400, 'invalid_request_error'),
    spell(400, 'invalid_request_error', 'content_policy_violation'),
    spell(400, 'INVALID_ARGUMENT'),
  ),
  unsupported: row(
    false,
    spell(400, 'invalid_request_error'),
    spell(400, 'invalid_request_error', 'unsupported_parameter'),
    spell(400, 'INVALID_ARGUMENT'),
  ),
  unprocessable: row(
    false,
    spell(400, 'invalid_request_error'),
    spell(422, 'invalid_request_error'),
    spell(400, 'INVALID_ARGUMENT'),
  ),
  auth: row(
    false,
    spell(401, 'authentication_error'),
    spell(401, 'invalid_request_error', 'invalid_api_key'),
    spell(401, 'UNAUTHENTICATED'),
  ),
  billing: row(
    true,
    spell(402, 'billing_error'),
    spell(429, 'insufficient_quota', 'insufficient_quota'),
    spell(429, 'RESOURCE_EXHAUSTED'),
  ),
  permission: row(
    false,
    spell(403, 'permission_error'),
    spell(403, 'invalid_request_error', 'permission_denied'),
    spell(403, 'PERMISSION_DENIED'),
  ),
  not_found: row(
    false,
    spell(404, 'not_found_error'),
    spell(404, 'invalid_request_error', 'not_found'),
    spell(404, 'NOT_FOUND'),
  ),
  model_not_found: row(
    true,
    spell(404, 'not_found_error'),
    spell(404, 'invalid_request_error', 'model_not_found'),
    spell(404, 'NOT_FOUND'),
  ),
  client_timeout: row(
    false,
    spell(408, 'timeout_error'),
    spell(408, 'invalid_request_error', 'timeout'),
    spell(408, 'DEADLINE_EXCEEDED'),
  ),
  conflict: row(
    false,
    spell(409, 'conflict_error'),
    spell(409, 'invalid_request_error', 'conflict'),
    spell(409, 'ABORTED'),
  ),
  too_large: row(
    false,
    spell(413, 'request_too_large'),
    spell(413, 'invalid_request_error', 'request_too_large'),
    spell(413, 'INVALID_ARGUMENT'),
  ),
  encoding: row(
    false,
    spell(415, 'invalid_request_error'),
    spell(415, 'invalid_request_error', 'unsupported_encoding'),
    spell(415, 'INVALID_ARGUMENT'),
  ),
  rate_limit: row(
    true,
    spell(429, 'rate_limit_error'),
    spell(429, 'rate_limit_error', 'rate_limit_exceeded'),
    spell(429, 'RESOURCE_EXHAUSTED'),
  ),
  cancelled: row(false, spell(499, 'api_error'), spell(499, 'server_error', 'cancelled'), spell(499, 'CANCELLED')),
  internal: row(true, spell(500, 'api_error'), spell(500, 'server_error', 'server_error'), spell(500, 'INTERNAL')),
  bad_gateway: row(
    true,
    spell(502, 'api_error'),
    spell(502, 'server_error', 'upstream_error'),
    spell(502, 'UNAVAILABLE'),
  ),
  overloaded: row(
    true,
    spell(529, 'overloaded_error'),
    spell(503, 'service_unavailable_error', 'server_is_overloaded'),
    spell(503, 'UNAVAILABLE'),
  ),
  timeout: row(
    true,
    spell(504, 'timeout_error'),
    spell(504, 'server_error', 'timeout'),
    spell(504, 'DEADLINE_EXCEEDED'),
  ),
} as const satisfies Record<string, FaultRow>

export type FaultClass = keyof typeof faultTable

const columns = {
  'anthropic-messages': 'anthropic',
  'openai-chat': 'openai',
  'openai-responses': 'openai',
  gemini: 'gemini',
} as const satisfies Record<DialectId, keyof FaultRow>

/** How `dialect` says this class of fault. */
export const spellingOf = (faultClass: FaultClass, dialect: DialectId): Spelling =>
  faultTable[faultClass][columns[dialect]]

/** Whether another channel is worth asking. */
export const isRetriable = (fault: Fault): boolean => faultTable[fault.class].retriable

export const fault = (faultClass: FaultClass, message: string, more: Omit<Fault, 'class' | 'message'> = {}): Fault => ({
  class: faultClass,
  message,
  ...more,
})

/** Success or a fault, for readers and writers whose failure is expected. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })
export const refuse = (refused: Fault): { readonly ok: false; readonly fault: Fault } => ({ ok: false, fault: refused })
