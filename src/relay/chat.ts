import type { IncomingMessage } from 'node:http'
import type { ClientCodec, Dialect, IncomingRequest, Peek } from '../dialects/dialect.ts'
import { type Fault, fault, isRetriable, ok, type Result, refuse } from '../model/fault.ts'
import type { ChatRequest, StreamForm } from '../model/request.ts'
import type { KeyRow } from '../model/rows.ts'
import { buckets, type Usage } from '../model/usage.ts'
import { admit, authenticated } from './admit.ts'
import { attempt, type Outcome } from './attempt.ts'
import type { Candidate } from './candidate.ts'
import { conversationOf } from './conversation.ts'
import type { Exchange } from './exchange.ts'
import { incomingOf } from './incoming.ts'
import { type Planned, plan } from './plan.ts'
import type { Relay } from './relay.ts'
import type { Sink } from './sink.ts'
import { faultAnswer } from './tell-fault.ts'
import { unknownModel } from './unknown-model.ts'

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

export interface Asked {
  readonly relay: Relay
  readonly key: KeyRow
  readonly incoming: IncomingRequest
  readonly bytes: Uint8Array
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
  const refused = await answer(relay, route, request, sink, requestId)
  if (!refused || sink.isGone) return
  const { status, headers, body } = faultAnswer(route.client, refused, requestId)
  // What is left of an unread body would be taken for the next request.
  const isUnread = !request.complete
  if (isUnread) sink.onFlushed(() => request.destroy())
  sink.head(status, { ...headers, ...(isUnread && { connection: 'close' }) })
  sink.end(body)
}

async function answer(
  relay: Relay,
  route: ChatRoute,
  request: IncomingMessage,
  sink: Sink,
  requestId: string,
): Promise<Fault | undefined> {
  const startedAtMs = relay.clock()
  // 1. Headers first: nobody unknown makes us read a body.
  const key = authenticated(relay, request, 'chat')
  if (!key.ok) return key.fault
  const read = await incomingOf(relay, route, request)
  if (!read.ok) return read.fault
  return converse(relay, route, { key: key.value, ...read.value }, sink, requestId, startedAtMs)
}

/** Steps 2 to 10, for requests whose body is there: from HTTP or from a WebSocket. */
export async function converse(
  relay: Relay,
  route: ChatRoute,
  asked: { readonly key: KeyRow; readonly incoming: IncomingRequest; readonly bytes: Uint8Array },
  sink: Sink,
  requestId: string,
  startedAtMs: number,
): Promise<Fault | undefined> {
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
  const exchange: Exchange = {
    relay,
    requestId,
    key: asked.key,
    client: route.client,
    dialect: reader ? undefined : route.dialect,
    incoming,
    bytes,
    peek: peek.value,
    model: admitted.value,
    ask,
    isStrict: incoming.headers['x-causeway-strict'] === '1',
    sink,
    startedAtMs,
    ...(onResponse && { onResponse }),
  }
  const planned = planFor(exchange)
  if (planned.candidates.length === 0) return unknownModel(relay.snapshot().channels, asked.key, exchange.model)
  return attempts(exchange, planned)
}

/** Steps 6 to 10: one candidate after the other, none twice, until one has begun to answer. */
async function attempts(exchange: Exchange, planned: Planned): Promise<Fault | undefined> {
  const { displaced, health, limits } = exchange.relay
  let last: Fault | undefined
  for (const candidate of planned.candidates.slice(0, limits.attempts)) {
    const outcome = await attempt(exchange, candidate)
    tellLog(exchange, candidate, outcome)
    if (outcome.kind === 'gone') return undefined
    if (outcome.kind === 'answered') {
      if (outcome.fault) health.failed(candidate, outcome.fault)
      else {
        health.succeeded(candidate)
        displaced.answered(planned, candidate)
      }
      return undefined
    }
    last = outcome.fault
    health.failed(candidate, last)
    if (!isRetriable(last)) break
  }
  // Nobody who was asked has this model after all; the names that there are say more than a vendor's message.
  return last?.class === 'model_not_found'
    ? unknownModel(exchange.relay.snapshot().channels, exchange.key, exchange.model)
    : last
}

function planFor({ client, incoming, key, model, relay }: Exchange): Planned {
  const tools = incoming.body.tools
  return plan(relay.snapshot().channels, {
    model,
    format: client.format,
    hasTools: Array.isArray(tools) && tools.length > 0,
    providerOf: relay.providerOf,
    health: relay.health,
    displaced: relay.displaced,
    random: relay.random,
    conversation: () => conversationOf(incoming, key.id),
  })
}

function peekAt(dialect: Dialect | undefined, incoming: IncomingRequest, ask: () => Result<ChatRequest>): Result<Peek> {
  if (dialect) return dialect.forwarding.peek(incoming)
  const read = ask()
  if (!read.ok) return read
  const { model, stream, maxOutput } = read.value
  if (model === '') return refuse(fault('invalid', 'model: required', { param: 'model' }))
  return ok({ model, stream, ...(maxOutput !== undefined && { maxOutput }) })
}

function tellLog({ key, peek, relay, requestId, startedAtMs }: Exchange, candidate: Candidate, outcome: Outcome): void {
  const answered = outcome.kind === 'failed' ? undefined : outcome.answered
  const broken = outcome.kind === 'gone' ? undefined : outcome.fault
  const record = {
    requestId,
    key: key.id,
    model: peek.model,
    channel: candidate.channel.name,
    format: candidate.format,
    outcome: outcome.kind,
    durationMs: relay.clock() - startedAtMs,
    ...(answered?.usage && { usage: used(answered.usage) }),
    ...(answered?.isUsageEstimated && { isUsageEstimated: true }),
    ...(answered && answered.lost.length > 0 && { lost: answered.lost.map(({ field }) => field) }),
    ...(broken && { fault: broken.class, message: broken.message, cause: broken.cause }),
  }
  if (broken) relay.log.warn(record, 'attempt failed')
  else relay.log.info(record, 'answered')
}

/** The buckets that are not empty. */
function used(usage: Usage): Record<string, number> {
  const amounts: Record<string, number> = {}
  for (const bucket of buckets) if (usage[bucket] > 0) amounts[bucket] = usage[bucket]
  return amounts
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
