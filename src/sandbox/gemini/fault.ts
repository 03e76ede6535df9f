import type { Complaint, Refusal } from '../format.ts'
import type { Untyped } from '../untyped.ts'

const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  413: 'INVALID_ARGUMENT',
  422: 'INVALID_ARGUMENT',
  402: 'RESOURCE_EXHAUSTED',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
  529: 'UNAVAILABLE',
}

const RPC = 'type.googleapis.com/google.rpc.'

/** What the API says beside the message. */
const DETAILS: Readonly<Record<number, Untyped>> = {
  401: { '@type': `${RPC}ErrorInfo`, reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
  402: { '@type': `${RPC}ErrorInfo`, reason: 'BILLING_DISABLED', domain: 'googleapis.com' },
  429: { '@type': `${RPC}RetryInfo`, retryDelay: '1s' },
}

/** @see https://ai.google.dev/gemini-api/docs/troubleshooting */
export function writeFaultBody({ status, message }: Refusal): { error: Untyped } {
  const detail = DETAILS[status]
  return {
    error: { code: status, message, status: STATUSES[status] ?? 'INTERNAL', ...(detail && { details: [detail] }) },
  }
}

/** A stream that is no event stream is an array, and so is its error. */
export const writeFault = (refusal: Refusal, { url }: Complaint): unknown =>
  isArrayStream(url) ? [writeFaultBody(refusal)] : writeFaultBody(refusal)

export const isStream = (url: URL): boolean => url.pathname.includes(':streamGenerateContent')
export const isArrayStream = (url: URL): boolean => isStream(url) && url.searchParams.get('alt') !== 'sse'

/** A request that breaks a rule. */
export const invalid = (message: string): Refusal => ({ status: 400, message })

/** A rule of a single field, worded as the API does. */
export const invalidField = (path: string, problem: string): Refusal =>
  invalid(`* GenerateContentRequest.${path}: ${problem}\n`)
