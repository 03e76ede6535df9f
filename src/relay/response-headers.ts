import type { ClientFormat } from '../model/dialect.ts'
import { type Loss, tellLosses } from '../model/loss.ts'
import type { StreamForm } from '../model/request.ts'
import type { Exchange } from './exchange.ts'
import { explainHeader } from './explain.ts'
import { quotaHeaders } from './quota.ts'

/** The name under which the vendor of each format returns the id of a request. */
const requestIdHeader: Record<ClientFormat, string> = {
  'anthropic-messages': 'request-id',
  'openai-chat': 'x-request-id',
  'openai-responses': 'x-request-id',
  'openai-completions': 'x-request-id',
  gemini: 'x-request-id',
}

/** On every answer, good or bad. */
export const idHeaders = (format: ClientFormat, requestId: string): Record<string, string> => ({
  'x-request-id': requestId,
  [requestIdHeader[format]]: requestId,
})

const contentTypes = {
  sse: 'text/event-stream; charset=utf-8',
  'json-array': 'application/json; charset=utf-8',
  unary: 'application/json; charset=utf-8',
} as const

/** The head of a 200. Proxies must neither buffer nor cache a stream. */
export function answerHeaders(
  {
    client,
    explanation,
    pass,
    relay,
    requestId,
    peek,
  }: Pick<Exchange, 'client' | 'pass' | 'relay' | 'requestId' | 'peek' | 'explanation'>,
  lost: readonly Loss[],
  form: StreamForm = peek.stream,
): Record<string, string> {
  return {
    'content-type': contentTypes[form === false ? 'unary' : form],
    ...(form !== false && { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' }),
    ...idHeaders(client.format, requestId),
    ...quotasOf({ relay, pass }, client.format),
    ...(explanation && { [explainHeader]: explanation.header() }),
    ...(lost.length > 0 && { 'x-causeway-lost': tellLosses(lost) }),
  }
}

/** Of all limits that the request was held against, the tightest. */
export function quotasOf(
  { pass, relay }: Pick<Exchange, 'pass' | 'relay'>,
  format: ClientFormat,
): Record<string, string> {
  const { subjects } = pass
  return subjects.length === 0 ? {} : quotaHeaders(format, relay.till.limiter.quota(subjects), relay.clock())
}
