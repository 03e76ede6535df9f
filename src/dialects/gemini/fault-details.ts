import type { Fault, FaultClass } from '../../model/fault.ts'
import { type Message, readList, readMessage, readNumber, readText } from './proto.ts'

/** What the `google.rpc` details of an error say. */
export interface Details {
  readonly reasons: readonly string[]
  readonly quotas: readonly string[]
  readonly field?: string
  readonly retryAfterMs?: number
}

/** @see https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto */
export function readDetails(value: unknown): Details {
  const details = readList(value)
  const ofType = (name: string): readonly Message[] =>
    details.filter((detail) => readText(detail['@type'])?.endsWith(`google.rpc.${name}`))
  const texts = (messages: readonly Message[], ...keys: string[]): readonly string[] =>
    messages.flatMap((message) => keys.flatMap((key) => readText(message[key]) ?? []))
  const [field] = texts(
    ofType('BadRequest').flatMap((detail) => readList(detail.fieldViolations)),
    'field',
  )
  const retryAfterMs = ofType('RetryInfo')
    .map((detail) => durationMs(detail.retryDelay))
    .find((ms) => ms !== undefined)
  return {
    reasons: texts(ofType('ErrorInfo'), 'reason'),
    quotas: texts(
      ofType('QuotaFailure').flatMap((detail) => readList(detail.violations)),
      'quotaId',
      'quotaMetric',
      'subject',
    ),
    ...(field !== undefined && { field }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

export function writeDetails(cause: Fault, requestId: string): readonly Message[] {
  const reason = reasons[cause.class]
  return [
    ...(reason === undefined ? [] : [detail('ErrorInfo', { reason, domain: 'googleapis.com', metadata: {} })]),
    ...(cause.class === 'billing' ? [detail('QuotaFailure', { violations: [balance] })] : []),
    ...(cause.retryAfterMs === undefined ? [] : [detail('RetryInfo', { retryDelay: `${cause.retryAfterMs / 1000}s` })]),
    ...(cause.param === undefined ? [] : [detail('BadRequest', { fieldViolations: [violation(cause.param, cause)] })]),
    detail('RequestInfo', { requestId }),
  ]
}

const detail = (name: string, members: Message): Message => ({
  '@type': `type.googleapis.com/google.rpc.${name}`,
  ...members,
})

const balance = { quotaMetric: 'balance', quotaId: 'AccountBalance' }

const violation = (field: string, { message }: Fault): Message => ({ field, description: message })

const reasons: Partial<Record<FaultClass, string>> = {
  auth: 'API_KEY_INVALID',
  rate_limit: 'RATE_LIMIT_EXCEEDED',
  billing: 'QUOTA_EXHAUSTED',
}

/** A duration in JSON is `12.5s`; some servers send its two fields. */
function durationMs(value: unknown): number | undefined {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(readText(value) ?? '')?.[1]
  if (seconds !== undefined) return Math.ceil(Number(seconds) * 1000)
  const fields = readMessage(value)
  return fields && (readNumber(fields.seconds) ?? 0) * 1000 + Math.ceil((readNumber(fields.nanos) ?? 0) / 1_000_000)
}
