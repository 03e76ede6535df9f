import type { IncomingMessage } from 'node:http'
import type { ClientCodec, Dialect, IncomingRequest, Peek } from '../dialects/dialect.ts'
import { type Fault, fault, ok, type Result, refuse } from '../model/fault.ts'
import type { ChatRequest, StreamForm } from '../model/request.ts'
import type { KeyRow } from '../model/rows.ts'
import { admit, authenticated } from './admit.ts'
import { attempts } from './attempts.ts'
import { type Bill, openBill } from './bill.ts'
import { takeCostWish } from './cost-in-answer.ts'
import type { Exchange } from './exchange.ts'
import { type Explanation, explainHeader, explanation } from './explain.ts'
import { answerNamed } from './idempotency.ts'
import { incomingOf } from './incoming.ts'
import { noPreferences, type Preferences } from './preferences.ts'
import { guessTokens, limitedForModel, limitedOf } from './quota.ts'
import type { Relay } from './relay.ts'
import { quotasOf } from './response-headers.ts'
import { type Routed, routed } from './routed.ts'
import { allFull } from './seats.ts'
import type { Sink } from './sink.ts'
import { faultAnswer } from './tell-fault.ts'
import { openEnd } from './unfinished.ts'
import { noneLeft, unserved } from './unknown-model.ts'
import { type Visit, visit } from './visit.ts'

/** A route, matched: the format that it speaks, and what its path says. */
export interface ChatRoute {
  readonly client: ClientCodec
  /** Absent where answers are always translated (text completions). */
  readonly dialect?: Dialect
  /** Gemini's paths name the model and the form of the answer. */
  readonly path?: { readonly model: string; readonly stream: StreamForm }
  /** Reads the request where the body is in another format than the route's (a Responses body on the chat route). */
  readonly readerOf?: (body: Readonly<Record<string, unknown>>) => ClientCodec | undefined
  /** What a Responses request needs from the store before it can be planned. */
  readonly prologue?: (asked: Asked) => Promise<Result<Prologue>>
}

export interface Asked extends LetIn {
  readonly relay: Relay
  readonly requestId: string
}

/** The request with its stored history put in, and what to do with the final object. */
export interface Prologue {
  readonly incoming: IncomingRequest
  readonly bytes: Uint8Array
  readonly onResponse?: Exchange['onResponse']
  /** Answers in place of an upstream what is asked of us and not of a model. */
  readonly answer?: (sink: Sink, onResponse: Exchange['onResponse']) => Promise<Fault | undefined>
}

/**
 * One chat request from its key to its last byte, in the steps that ARCHITECTURE.md numbers. Never throws: whatever
 * happens is told in the client's dialect.
 */
export async function chat(
  relay: Relay,
  route: ChatRoute,
  request: IncomingMessage,
  sink: Sink,
  requestId: string,
): Promise<void> {
  // 1. Headers first: nobody unknown makes us read a body.
  const key = authenticated(relay, request, 'chat')
  const pass = visit(relay.till.limiter)
  const told = request.headers[explainHeader] === '1' ? explanation(relay.clock) : undefined
  const refused = key.ok
    ? await answer(relay, route, request, { key: key.value, pass, sink, requestId, explanation: told })
    : key.fault
  if (!refused || sink.isGone) return
  const { status, headers, body } = faultAnswer(route.client, refused, requestId)
  // What is left of an unread body would be taken for the next request.
  const isUnread = !request.complete
  if (isUnread) sink.onFlushed(() => request.destroy())
  const quotas = quotasOf({ relay, pass }, route.client.format)
  const explained = key.ok && told ? { [explainHeader]: told.header() } : {}
  sink.head(status, { ...headers, ...quotas, ...explained, ...(isUnread && { connection: 'close' }) })
  sink.end(body)
}

interface Caller {
  readonly key: KeyRow
  readonly pass: Visit
  readonly sink: Sink
  readonly requestId: string
  readonly explanation: Explanation | undefined
}

async function answer(
  relay: Relay,
  route: ChatRoute,
  request: IncomingMessage,
  { key, pass, sink, requestId, explanation: told }: Caller,
): Promise<Fault | undefined> {
  const startedAtMs = relay.clock()
  const full = pass.enter(limitedOf(relay, key))
  if (full) return full
  try {
    const read = await incomingOf(relay, route, request)
    if (!read.ok) return read.fault
    const asked = { key, pass, ...(told && { explanation: told }), ...read.value }
    const run = (to: Sink) => converse(relay, route, asked, to, requestId, startedAtMs)
    return await answerNamed(relay, { keyId: key.id, requestId, request, ...read.value }, sink, run)
  } finally {
    pass.end()
  }
}

/** A request that its limits have let in. */
export interface LetIn {
  readonly key: KeyRow
  readonly pass: Visit
  readonly incoming: IncomingRequest
  readonly bytes: Uint8Array
  /** What the client said of who should answer; taken out of the body. */
  readonly preferences?: Preferences
  readonly explanation?: Explanation
}

/** Steps 2 to 10, for requests whose body is there: from HTTP or from a WebSocket. */
export async function converse(
  relay: Relay,
  route: ChatRoute,
  given: LetIn,
  sink: Sink,
  requestId: string,
  startedAtMs: number,
): Promise<Fault | undefined> {
  const asked = takeCostWish(given, route.client.format)
  const prologue: Result<Prologue> = await (route.prologue?.({ relay, requestId, ...asked }) ?? ok(asked))
  if (!prologue.ok) return prologue.fault
  const { answer: own, bytes, incoming, onResponse } = prologue.value
  const reader = route.readerOf?.(incoming.body)
  const ask = once(() => (reader ?? route.client).readRequest(incoming))
  const peek = peekAt(reader ? undefined : route.dialect, incoming, ask)
  if (!peek.ok) return peek.fault
  const admitted = admit(asked.key, peek.value.model)
  if (!admitted.ok) return admitted.fault
  if (own) return own(sink, onResponse)
  const full = asked.pass.enter(limitedForModel(relay, asked.key, admitted.value), guessTokens(bytes))
  if (full) return full
  const { preferences = noPreferences } = asked
  let bill: Bill | undefined
  const open = onResponse && openEnd({ key: asked.key, relay, requestId, sink }, onResponse, () => bill)
  const exchange: Exchange = {
    relay,
    requestId,
    key: asked.key,
    pass: asked.pass,
    client: route.client,
    dialect: reader ? undefined : route.dialect,
    incoming,
    bytes,
    peek: peek.value,
    model: admitted.value,
    ask,
    isStrict: incoming.headers['x-causeway-strict'] === '1' || preferences.requireParameters,
    preferences,
    ...(asked.explanation && { explanation: asked.explanation }),
    sink,
    startedAtMs,
    onPassed: (tokens) => bill?.passed(tokens),
    ...(asked.wantsCost && { tellCost: (candidate, answered) => bill?.tellCost(candidate, answered) }),
    ...(asked.explanation && {
      explainCost: (candidate, answered) => {
        if (asked.explanation && bill) asked.explanation.cost = bill.explain(candidate, answered)
      },
    }),
    ...(open && { onResponse: open.onResponse, onUnfinished: open.onUnfinished }),
  }
  if (!(Number(incoming.headers['x-stainless-retry-count']) > 0))
    relay.retries.earn(relay.snapshot().routing.retryRatio)
  const planned = routed(exchange)
  if (!planned.ok) return planned.fault
  asked.explanation?.planned(exchange, planned.value)
  const { candidates, seats } = planned.value
  const [first] = candidates
  if (!first) return nobodyAnswers(exchange, planned.value)
  seats.keep(first)
  try {
    const opened = await openBill(exchange, candidates)
    if (!opened.ok) return opened.fault
    bill = opened.value
    asked.explanation?.priced(bill.candidates)
    if (asked.explanation) asked.explanation.cost = bill.explain()
    return await attempts(exchange, planned.value, bill)
  } finally {
    if (open) await open.end(bill)
    else bill?.close()
    seats.close()
  }
}

/** Everybody who could answer is full, or unwanted, or nobody is there. */
function nobodyAnswers({ key, model, relay }: Exchange, { full, unwanted }: Routed): Fault {
  if (full.size > 0) return allFull(model, [...full.values()])
  return unwanted.length > 0 ? noneLeft(model) : unserved(relay.snapshot(), key, model)
}

function peekAt(dialect: Dialect | undefined, incoming: IncomingRequest, ask: () => Result<ChatRequest>): Result<Peek> {
  if (dialect) return dialect.forwarding.peek(incoming)
  const read = ask()
  if (!read.ok) return read
  const { model, stream, maxOutput } = read.value
  if (model === '') return refuse(fault('invalid', 'model: required', { param: 'model' }))
  return ok({ model, stream, ...(maxOutput !== undefined && { maxOutput }) })
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
