import { type Fault, type FaultClass, fault, spellingOf } from '../../model/fault.ts'
import type { StreamForm } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import type { RefusedAnswer, WrittenFault } from '../dialect.ts'
import { classify, classOfStatus } from './fault-class.ts'
import { readDetails, writeDetails } from './fault-details.ts'
import { type Message, readMessage, readNumber, readText } from './proto.ts'

/** Reads an HTTP error: by its reason, then its status word, then its text, then the HTTP status. */
export function readFault(answer: RefusedAnswer): Fault {
  const told = errorIn(parse(answer.text), answer.status)
  const waitMs = waitIn(answer.headers)
  const read =
    told ?? fault(classOfStatus(answer.status), `the upstream answered ${answer.status} without a readable error`)
  return read.retryAfterMs === undefined && waitMs !== undefined ? { ...read, retryAfterMs: waitMs } : read
}

/** The error that a body or a frame is, also wrapped in an array as unframed streams do. Undefined: it is none. */
export function errorIn(body: unknown, status?: number): Fault | undefined {
  if (Array.isArray(body)) return body.length > 0 ? errorIn(body[0], status) : undefined
  const error = readMessage(body)?.error
  if (typeof error === 'string')
    return faultOf({ message: readText(readMessage(body)?.errorDescription) ?? error }, status)
  return isRecord(error) ? faultOf(error, status) : undefined
}

/** The whole answer of a failed request. A prompt that a policy refused is told as Gemini does: an answer without candidates. */
export function writeFault(cause: Fault, requestId: string): WrittenFault {
  const headers = retryHeaders(cause)
  if (cause.class === 'content_policy') return { status: 200, headers, body: blockedPrompt(cause.message) }
  return { status: spellingOf(cause.class, 'gemini').status, headers, body: errorBody(cause, requestId) }
}

/** The fault inside a stream that has begun. */
export function faultFrame(cause: Fault, requestId: string, form: Exclude<StreamForm, false>): string {
  const body = JSON.stringify(errorBody(cause, requestId))
  return form === 'sse' ? `data: ${body}\r\n\r\n` : `,\r\n${body}]`
}

export function errorBody(cause: Fault, requestId: string): Record<string, unknown> {
  const { status: code, type: status } = spellingOf(cause.class, 'gemini')
  return { error: { code, message: messageOf(cause), status, details: writeDetails(cause, requestId) } }
}

const blockedPrompt = (message: string): Record<string, unknown> => ({
  promptFeedback: { blockReason: 'PROHIBITED_CONTENT', blockReasonMessage: message },
  usageMetadata: { promptTokenCount: 0, totalTokenCount: 0 },
})

function faultOf(error: Message, httpStatus: number | undefined): Fault {
  const message = readText(error.message) ?? ''
  const details = readDetails(error.details)
  const status = httpStatus ?? readNumber(error.code)
  const faultClass = classify({ message, word: readText(error.status) ?? '', status, ...details })
  const retryAfterMs = details.retryAfterMs ?? waitInText(message)
  return fault(faultClass, withoutAddresses(message) || 'the upstream gave no reason', {
    ...(details.field !== undefined && { param: details.field }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

const withoutAddresses = (message: string): string => message.replaceAll(/https?:\/\/[^\s"'<>)\]]+/g, '(address)')

const waitInText = (message: string): number | undefined => {
  const seconds = /(?:retry|try again) in (\d{1,6}(?:\.\d+)?)\s*s/i.exec(message)?.[1]
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000)
}

function waitIn(headers: RefusedAnswer['headers']): number | undefined {
  const ms = readNumber(headers['retry-after-ms'])
  const seconds = readNumber(headers['retry-after'])
  return ms ?? (seconds === undefined ? undefined : seconds * 1000)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const neverAgain: readonly FaultClass[] = ['billing', 'content_policy', 'context_length']

function retryHeaders(cause: Fault): Record<string, string> {
  const waitMs = cause.retryAfterMs
  return {
    ...(waitMs !== undefined && {
      'retry-after': String(Math.ceil(waitMs / 1000)),
      'retry-after-ms': String(Math.ceil(waitMs)),
    }),
    ...(neverAgain.includes(cause.class) && { 'x-should-retry': 'false' }),
  }
}

/** Clients of this format look for the vendor's own words. */
function messageOf(cause: Fault): string {
  if (cause.class === 'context_length') return overflow(cause.message)
  if (cause.class === 'billing') return spent(cause.message)
  if (cause.class !== 'rate_limit' || cause.retryAfterMs === undefined || waitInText(cause.message) !== undefined)
    return cause.message
  return `${cause.message.replace(/[.\s]*$/, '')}. Please retry in ${cause.retryAfterMs / 1000}s.`
}

/** Gemini CLI tries a spent quota again ten times, for minutes, unless its limit is said to be 0. */
const spent = (message: string): string =>
  /limit: 0\b/.test(message)
    ? message
    : `${message.replace(/[.\s]*$/, '')}. Quota exceeded for metric: balance, limit: 0`

function overflow(message: string): string {
  if (/input token count.*exceeds the maximum/i.test(message)) return message
  const found = overflows.map((pattern) => pattern.exec(message)?.groups).find((groups) => groups !== undefined)
  const plain = 'exceeds the maximum number of tokens allowed'
  return found
    ? `The input token count (${found.sent}) ${plain} (${found.most}).`
    : `The input token count ${plain}. ${message}`
}

/** How others say it. */
const overflows: readonly RegExp[] = [
  /(?<sent>\d+) tokens > (?<most>\d+) maximum/,
  /maximum context length is (?<most>\d+) tokens\D+(?<sent>\d+) tokens/,
]
