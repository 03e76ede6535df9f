import type { Refusal } from '../format.ts'

/** @see https://docs.claude.com/en/api/errors */
const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'conflict_error',
  413: 'request_too_large',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** The error envelope; what is not in the vendor's list is an `api_error`. A code stands among the details. */
export const writeFault = ({ status, message, code, param }: Refusal, requestId: string): object => ({
  type: 'error',
  error: {
    type: TYPES[status] ?? 'api_error',
    message,
    ...(code && { details: { error_code: code, ...(param && { unsupported: [param] }) } }),
  },
  request_id: requestId,
})
