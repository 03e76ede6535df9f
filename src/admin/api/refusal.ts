import type { ZodError } from 'zod'
import { type Fault, type FaultClass, fault } from '../../model/fault.ts'

/** How the management API names the classes of faults that it has; any other is a bug of ours. */
const spelling: Partial<Record<FaultClass, { readonly status: number; readonly type: string }>> = {
  invalid: { status: 400, type: 'invalid_request' },
  unsupported: { status: 400, type: 'invalid_request' },
  auth: { status: 401, type: 'unauthenticated' },
  billing: { status: 402, type: 'insufficient_balance' },
  permission: { status: 403, type: 'forbidden' },
  not_found: { status: 404, type: 'not_found' },
  model_not_found: { status: 404, type: 'not_found' },
  conflict: { status: 409, type: 'conflict' },
  too_large: { status: 413, type: 'too_large' },
  encoding: { status: 415, type: 'unsupported_media_type' },
  rate_limit: { status: 429, type: 'rate_limited' },
  bad_gateway: { status: 502, type: 'upstream_failed' },
  overloaded: { status: 503, type: 'unavailable' },
}

const bug = { status: 500, type: 'internal' }

/** The body of every refusal. */
export interface Refusal {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param?: string
    readonly request_id: string
  }
}

/** Status, headers and body of a fault. */
export function tellFault(
  { class: kind, message, param, retryAfterMs }: Fault,
  requestId: string,
): { readonly status: number; readonly headers: Record<string, string>; readonly body: Refusal } {
  const { status, type } = spelling[kind] ?? bug
  const headers = {
    ...(kind === 'auth' && { 'www-authenticate': 'Bearer realm="causeway management"' }),
    ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
  }
  return { status, headers, body: { error: { message, type, ...(param && { param }), request_id: requestId } } }
}

/** One answer for what is not there and what is not yours to see. */
export const noSuchThing: Fault = fault('not_found', 'There is nothing with this id.')

/** What the file says is changed in the file: it would say it again at the next start. */
export const ofTheFile: Fault = fault('conflict', 'This comes from the configuration file; change it there.')

/** The first thing that is wrong, with the name of the field. */
export function invalidInput(error: ZodError): Fault {
  const issue = error.issues[0]
  if (!issue) return fault('invalid', 'The request is not as it should be.')
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const param = [...path, issue.keys[0] ?? ''].join('.')
    return fault('invalid', `${param}: there is no such field here`, { param })
  }
  const param = path.join('.')
  return fault('invalid', param === '' ? issue.message : `${param}: ${issue.message}`, { ...(param && { param }) })
}
