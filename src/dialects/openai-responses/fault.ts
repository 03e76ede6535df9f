import { type Fault, type FaultClass, fault, spellingOf } from '../../model/fault.ts'
import { isRecord } from '../../wire/json.ts'
import { writeSse } from '../../wire/sse.ts'
import type { RefusedAnswer, WrittenFault } from '../dialect.ts'
import { classOf } from './fault-class.ts'
import { filled, recordOf } from './reading.ts'

/** An answer that ended without its terminal event: what was told so far is no whole answer. */
export const brokenOff = (): Fault => fault('bad_gateway', "The upstream's answer broke off.")

/** What came is no frame or body of this format. */
export const garbled = (cause: unknown): Fault =>
  fault('bad_gateway', 'The upstream sent something that is no Responses answer.', { cause })

// ---------------------------------------------------------------- reading

/** An HTTP error of an upstream. */
export function readFault({ status, headers, text }: RefusedAnswer): Fault {
  const body = parsed(text)
  const found = isRecord(body) ? readError(body, status) : undefined
  const told = found ?? fault(classOf({ message: '', status }), `The upstream answered with status ${status}.`)
  const retryAfterMs = headerDelay(headers) ?? told.retryAfterMs
  return { ...told, ...(retryAfterMs !== undefined && { retryAfterMs }), cause: { status, text: text.slice(0, 4096) } }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // Proxies answer in HTML; the status speaks for such a body.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The error of a body, an `error` event or a failed response, in the forms of the servers of this format. */
export function readError(holder: Record<string, unknown>, status?: number): Fault | undefined {
  const nested = holder.error ?? holder.detail
  const error = isRecord(nested) ? nested : holder
  const message = filled(error.message) ?? filled(nested) ?? filled(error.code)
  if (message === undefined) return undefined
  const code = filled(error.code)
  const type = filled(error.type)
  const param = filled(error.param)
  const retryAfterMs = delayIn(message)
  const evidence = { ...(code && { code }), ...(type && { type }), ...(status !== undefined && { status }), message }
  return fault(classOf(evidence), withoutAddresses(message), {
    ...(param !== undefined && { param }),
    ...(code !== undefined && { code }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

const withoutAddresses = (message: string): string => message.replace(/\bhttps?:\/\/[^\s'"<>)]+/gi, '[link]')

function headerDelay(headers: Readonly<Record<string, string>>): number | undefined {
  const exact = Number(headers['retry-after-ms'] ?? Number.NaN)
  if (exact >= 0) return Math.ceil(exact)
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return seconds >= 0 ? Math.ceil(seconds * 1000) : undefined
}

/** "Please try again in 1m2.5s", "in 350ms". */
function delayIn(message: string): number | undefined {
  const found = /try again in ((?:[\d.]+(?:ms|s|m|h)\s?)+)/i.exec(message)?.[1]
  if (found === undefined) return undefined
  const pieces = [...found.matchAll(/([\d.]+)(ms|s|m|h)/g)]
  const total = pieces.reduce((sum, [, number, unit]) => sum + Number(number) * (unitsMs[unit ?? ''] ?? 0), 0)
  return Number.isFinite(total) ? Math.ceil(total) : undefined
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

// ---------------------------------------------------------------- writing

/** The whole answer of a request that failed before its first byte. */
export function writeFault(refused: Fault, requestId: string): WrittenFault {
  const told = withDelay(refused)
  const spelling = spellingOf(told.class, 'openai-responses')
  return {
    status: spelling.status,
    headers: { 'x-request-id': requestId, ...retryHeaders(told) },
    body: {
      error: {
        message: messageOf(told),
        type: spelling.type,
        param: told.param ?? null,
        code: told.code ?? spelling.code ?? null,
      },
    },
  }
}

/**
 * How long to wait where the upstream did not say. Codex gives up at once on a 429 and on an overload that name no time,
 * and waits and tries again on those that do.
 */
const usualDelaysMs: Partial<Record<FaultClass, number>> = { rate_limit: 5_000, overloaded: 2_000 }

function withDelay(told: Fault): Fault {
  const usualMs = usualDelaysMs[told.class]
  return told.retryAfterMs !== undefined || usualMs === undefined ? told : { ...told, retryAfterMs: usualMs }
}

const hopeless: ReadonlySet<FaultClass> = new Set(['billing', 'content_policy', 'context_length'])

function retryHeaders({ class: faultClass, retryAfterMs }: Fault): Record<string, string> {
  if (hopeless.has(faultClass)) return { 'x-should-retry': 'false' }
  if (retryAfterMs === undefined) return {}
  return { 'retry-after': String(Math.ceil(retryAfterMs / 1000)), 'retry-after-ms': String(Math.ceil(retryAfterMs)) }
}

/** Codex reads from these words how long it should wait. */
function messageOf(told: Fault): string {
  if (told.retryAfterMs === undefined || /try again in/i.test(told.message)) return told.message
  return `${told.message.trimEnd()} Please try again in ${Number((told.retryAfterMs / 1000).toFixed(3))}s.`
}

/**
 * Codex tries again after any code that it does not know, so what the client did wrong gets one that it knows; and it
 * gives up on an overload in a stream, where it cannot be told a time by any other code than that of a rate limit.
 */
const streamCodes: Partial<Record<FaultClass, string>> = {
  invalid: 'invalid_prompt',
  unprocessable: 'invalid_prompt',
  unsupported: 'invalid_prompt',
  too_large: 'invalid_prompt',
  content_policy: 'invalid_prompt',
  overloaded: 'rate_limit_exceeded',
}

/** The `error` of a failed response. Both fields are always there: without them the failure has no face. */
export function responseError(broken: Fault): { code: string; message: string } {
  const told = withDelay(broken)
  const spelled = streamCodes[told.class] ?? spellingOf(told.class, 'openai-responses').code ?? 'server_error'
  if (told.class === 'overloaded') return { code: spelled, message: messageOf(told) }
  const isSameClass = told.code !== undefined && classOf({ code: told.code, message: '' }) === told.class
  return { code: isSameClass && told.code !== undefined ? told.code : spelled, message: messageOf(told) }
}

/**
 * A fault in the middle of forwarded bytes, whose response id is not known here: `error`, which the SDKs throw, and
 * `response.failed`, which is the one that Codex reads. `sequence` is the number of the last frame seen.
 */
export function faultFrame(told: Fault, requestId: string, sequence = -1): string {
  const error = responseError(told)
  const flat = { type: 'error', sequence_number: sequence + 1, ...error, param: told.param ?? null }
  const failed = {
    type: 'response.failed',
    sequence_number: sequence + 2,
    response: {
      id: `resp_${requestId}`,
      object: 'response',
      status: 'failed',
      error,
      incomplete_details: null,
      output: [],
    },
  }
  return [flat, failed].map((data) => writeSse({ event: data.type, data: JSON.stringify(data) })).join('')
}

/** The failure of a response object that says `failed` or `cancelled`. */
export function faultOf(response: Record<string, unknown>): Fault {
  if (response.status === 'cancelled') return fault('cancelled', 'The upstream cancelled the answer.')
  return readError({ error: recordOf(response.error) }) ?? fault('internal', 'The upstream failed without saying why.')
}
