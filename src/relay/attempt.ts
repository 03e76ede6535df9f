import { clientField } from '../dialects/field-names.ts'
import { type Fault, fault } from '../model/fault.ts'
import type { Candidate } from './candidate.ts'
import { type Draining, whenClientLeaves } from './drain.ts'
import type { Answered, Exchange } from './exchange.ts'
import { forwardStream } from './forward-stream.ts'
import { forwardWhole } from './forward-whole.ts'
import { Line } from './line.ts'
import { type Prepared, prepare } from './prepare.ts'
import type { Receiver } from './receiver.ts'
import { collect } from './receiver.ts'
import { rounds } from './rounds.ts'
import { presentable } from './scrub.ts'
import { targetOf } from './target.ts'
import type { Teller } from './telling.ts'
import { toldAnswer } from './told-answer.ts'
import { translateStream } from './translate-stream.ts'
import { translateWhole } from './translate-whole.ts'
import { unservedSearch } from './unserved-search.ts'

/** How one attempt ended. */
export type Outcome =
  /** The client has its answer, or the part of it that there was and the fault that cut it. */
  | { readonly kind: 'answered'; readonly answered: Answered; readonly fault?: Fault }
  /** Nothing was sent to the client; and nobody was asked where it is `isUnsent`. `answered`: what the upstream told before. */
  | { readonly kind: 'failed'; readonly fault: Fault; readonly isUnsent?: true; readonly answered?: Answered }
  /** The client left. */
  | { readonly kind: 'gone'; readonly answered?: Answered }

/** Asks one candidate and passes its answer on. Settles when the last byte is written or the attempt has failed. */
export async function attempt(exchange: Exchange, candidate: Candidate): Promise<Outcome> {
  const prepared = await prepare(exchange, candidate)
  if (!prepared.ok) return { kind: 'failed', fault: prepared.fault, isUnsent: true }
  if (exchange.sink.isGone) return { kind: 'gone' }
  const unserved = unservedSearch(prepared.value)
  if (unserved) return toldAnswer({ exchange, candidate, prepared: prepared.value }, unserved)
  return new Promise((settle) => converse(exchange, candidate, prepared.value, settle))
}

/** The exchange of bytes. Callbacks, not promises: this runs once a chunk. */
function converse(
  exchange: Exchange,
  candidate: Candidate,
  prepared: Prepared,
  done: (outcome: Outcome) => void,
): void {
  let receiver: Receiver | undefined
  let draining: Draining | undefined
  const { clock, drains, upstreams } = exchange.relay
  const startedAtMs = clock()
  let isOver = false
  const settle = (outcome: Outcome): void => {
    isOver = true
    draining?.end()
    done(outcome)
  }
  const call = upstreams.call(prepared.request, {
    onHead(status, headers, head) {
      line.switchTo(head)
      receiver = receive({ exchange, candidate, prepared, status, headers, call: line, settle, startedAtMs })
      if (draining) receiver.drain()
    },
    onData(chunk) {
      receiver?.data(chunk)
      draining?.read(chunk.length)
    },
    onEnd: () => receiver?.end(),
    onFault(broken) {
      if (receiver) receiver.broken(broken)
      else settle({ kind: 'failed', fault: broken })
    },
  })
  const line = new Line(call)
  const abort = (): void => {
    line.abort()
    if (receiver) receiver.gone()
    else settle({ kind: 'gone' })
  }
  exchange.sink.onGone(() => {
    if (isOver) return line.abort()
    if (whenClientLeaves(candidate, exchange.peek) === 'abort') return abort()
    draining = drains.begin(abort)
    // Nobody reads slowly any more.
    line.resume()
    receiver?.drain()
  })
}

/** What a receiver is made from, once the upstream's head is there. */
export interface Reception {
  readonly exchange: Exchange
  readonly candidate: Candidate
  readonly prepared: Prepared
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly call: Line
  readonly settle: (outcome: Outcome) => void
  /** When the upstream was asked; absent where none was. */
  readonly startedAtMs?: number
}

/** Chooses how the answer is read, by its head. */
function receive(reception: Reception): Receiver {
  const { candidate, headers, prepared, status } = reception
  if (status >= 300) return refused(reception)
  const type = headers['content-type'] ?? ''
  const isStream = /^text\/event-stream|^application\/vnd\.amazon\.eventstream/i.test(type)
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    return failing(reception, fault('bad_gateway', 'The upstream compressed its answer unasked.', { cause: encoding }))
  }
  const isForwarded = prepared.way.kind === 'forward'
  // A stream where none was asked for, or the reverse, is read by the codec and told in the form that the client wants.
  if (isForwarded && isStream && asksStream(reception)) return forwardStream(reception)
  if (isForwarded && !isStream && !asksStream(reception)) return forwardWhole(reception)
  const isFramed = isStream || (candidate.offer.framing === 'eventstream' && asksStream(reception))
  return translated(reception, isFramed, rounds(reception, readOn))
}

const translated = (reception: Reception, isFramed: boolean, teller: Teller): Receiver =>
  isFramed ? translateStream(reception, teller) : translateWhole(reception, teller)

/** A paused turn, sent back: its answer goes on where the last one stopped. */
function readOn(reception: Reception, teller: Teller): void {
  const { call: line, exchange, prepared } = reception
  let receiver: Receiver | undefined
  const call = exchange.relay.upstreams.call(prepared.request, {
    onHead(status, headers) {
      const next = { ...reception, status, headers }
      const isStream = /^text\/event-stream|^application\/vnd\.amazon\.eventstream/i.test(headers['content-type'] ?? '')
      receiver = status >= 300 ? refusedRound(next, teller) : translated(next, isStream, teller)
    },
    onData: (chunk) => receiver?.data(chunk),
    onEnd: () => receiver?.end(),
    onFault(broken) {
      if (receiver) return receiver.broken(broken)
      teller.push({ type: 'fault', fault: broken })
      teller.finish()
    },
  })
  line.switchTo(call)
}

/** The answer has begun, so a refusal of its continuation is a fault within it. */
function refusedRound(reception: Reception, teller: Teller): Receiver {
  const { candidate, headers, status } = reception
  const end = (text: string): void => {
    const refusal = targetOf(candidate).codec.readFault({ status, headers, text })
    teller.push({ type: 'fault', fault: presentable(refusal) })
    teller.finish()
  }
  let text = ''
  return {
    data(chunk) {
      if (text.length < 2 ** 16) text += chunk.toString('utf8')
    },
    end: () => end(text),
    broken: () => end(text),
    gone: () => teller.gone(),
    drain: () => teller.drain(),
  }
}

const asksStream = ({ exchange }: Reception): boolean => exchange.peek.stream !== false

/** Reads an error's body, which never crosses raw, and classifies it. */
function refused(reception: Reception): Receiver {
  const { candidate, exchange, headers, settle, status } = reception
  const receiver = collect(reception, 2 ** 20, (bytes) => {
    if (status < 400) return settle({ kind: 'failed', fault: redirected(status, headers) })
    const read = targetOf(candidate).codec.readFault({ status, headers, text: bytes.toString('utf8') })
    const { param, ...upstream } = read
    const field = param === undefined ? undefined : clientField(param, candidate.format, exchange.client.format)
    const retryAfterMs = upstream.retryAfterMs ?? retryAfter(headers)
    const told = { ...upstream, ...(field && { param: field }), ...(retryAfterMs !== undefined && { retryAfterMs }) }
    settle({ kind: 'failed', fault: presentable(told) })
  })
  // A refusal whose body breaks off is a refusal all the same.
  return { ...receiver, broken: () => receiver.end() }
}

/** Where an upstream sends us with our secret is the operator's to say, not the upstream's. */
const redirected = (status: number, { location }: Readonly<Record<string, string>>): Fault =>
  fault('bad_gateway', 'The upstream redirected instead of answering.', { cause: `${status} ${location ?? ''}` })

function failing({ call, settle }: Reception, failed: Fault): Receiver {
  call.abort()
  settle({ kind: 'failed', fault: failed })
  return { data() {}, end() {}, broken() {}, gone() {}, drain() {} }
}

/** Milliseconds, from `retry-after-ms` or `retry-after` in seconds or as a date. */
function retryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const milliseconds = Number(headers['retry-after-ms'])
  if (headers['retry-after-ms'] && Number.isFinite(milliseconds)) return Math.max(0, milliseconds)
  const after = headers['retry-after']
  if (!after) return undefined
  const seconds = Number(after)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(after)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
