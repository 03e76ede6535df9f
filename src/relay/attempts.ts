import type { Exceeded } from '../ledger/limit/limiter.ts'
import { type Fault, isRetriable } from '../model/fault.ts'
import { buckets, totalOutput, type Usage } from '../model/usage.ts'
import { hintOf } from '../store/channels.ts'
import { attempt, type Outcome } from './attempt.ts'
import type { Bill } from './bill.ts'
import type { Candidate } from './candidate.ts'
import type { Answered, Exchange } from './exchange.ts'
import { standingIn } from './fallback.ts'
import type { Rest } from './health.ts'
import { effectOf, firstFault } from './health-effect.ts'
import { channelsFor } from './reach.ts'
import type { Log } from './relay.ts'
import type { Routed } from './routed.ts'
import { allFull, type Seat } from './seats.ts'
import { unknownModel } from './unknown-model.ts'

/** One candidate after the other, none twice, until one has begun to answer. The fault of the last, when none has. */
export async function attempts(exchange: Exchange, routed: Routed, bill: Bill): Promise<Fault | undefined> {
  const { explanation, relay } = exchange
  let last: Fault | undefined
  let asks = 0
  let unfit: string | undefined
  const full: Exceeded[] = []
  for (const [at, candidate] of bill.candidates.entries()) {
    if (candidate.name === unfit || isTaken(exchange, candidate, bill.candidates.length - 1 - at)) continue
    const seat = routed.seats.take(candidate)
    if (!('leave' in seat)) {
      explanation?.passedOver(candidate, seat)
      full.push(seat)
      continue
    }
    if (asks > 0 && !relay.retries.spend(candidate.channel.name)) {
      seat.leave()
      explanation?.outOfBudget(candidate)
      break
    }
    const outcome = await seated(seat, () => oneAttempt(exchange, routed, candidate))
    // Who was not asked has not been asked too often.
    if (outcome.kind !== 'failed' || !outcome.isUnsent) asks++
    bill.attempted(candidate, outcome)
    tellLog(exchange, candidate, outcome)
    if (outcome.kind !== 'failed') {
      if (outcome.kind === 'answered' && !outcome.fault) relay.displaced.answered(routed, candidate)
      return undefined
    }
    last = outcome.fault
    const goesOn = afterFault(outcome, routed)
    if (goesOn === 'stop') break
    if (goesOn === 'other model') unfit = candidate.name
  }
  if (!last && full.length > 0) return allFull(exchange.model, full)
  return last?.class === 'model_not_found' ? notThere(exchange) : last
}

/** The seat is free again whatever comes of the attempt. */
async function seated(seat: Seat, ask: () => Promise<Outcome>): Promise<Outcome> {
  let outcome: Outcome | undefined
  try {
    outcome = await ask()
    return outcome
  } finally {
    seat.leave(outcome)
  }
}

/** Nobody who was asked has this model after all; the names that there are say more than a vendor's message. */
const notThere = ({ key, model, relay }: Exchange): Fault =>
  unknownModel(channelsFor(relay.snapshot(), key), key, model)

/** Another request tries already whether this candidate is well again, and there are others. */
const isTaken = ({ relay }: Exchange, candidate: Candidate, others: number): boolean =>
  others > 0 && relay.health.restOf(candidate)?.state === 'probing'

async function oneAttempt(exchange: Exchange, { chain }: Routed, candidate: Candidate): Promise<Outcome> {
  const { explanation, relay } = exchange
  const link = chain.isAsked ? chain.links.find(({ model }) => model === candidate.name) : undefined
  const startedAtMs = relay.clock()
  relay.health.began(candidate)
  explanation?.began(candidate)
  const outcome = await attempt(link ? standingIn(exchange, link) : exchange, candidate)
  const ms = relay.clock() - startedAtMs
  explanation?.ended(outcome)
  learn(exchange, candidate, outcome)
  if (outcome.kind === 'answered' && !outcome.fault && !outcome.answered.isUnfinished)
    clocked(exchange, candidate, outcome.answered, ms)
  return outcome
}

/** How fast an answer was. Streams have told already when their first words came. */
function clocked({ peek, relay, startedAtMs }: Exchange, candidate: Candidate, answered: Answered, ms: number): void {
  const { counted, firstMs, usage } = answered
  if (peek.stream === false) {
    relay.speed.measured(candidate, 'whole', ms)
    relay.speed.wrote(candidate, 'whole', { tokens: usage ? totalOutput(usage) : counted, ms })
  } else if (firstMs !== undefined)
    // What passed since then: thoughts that are not shown took their time before.
    relay.speed.wrote(candidate, 'stream', { tokens: counted, ms: relay.clock() - startedAtMs - firstMs })
}

function learn({ relay }: Exchange, candidate: Candidate, outcome: Outcome): void {
  const { health, log, retries } = relay
  if (outcome.kind === 'gone') health.left(candidate)
  else if (!outcome.fault) {
    health.succeeded(candidate)
    retries.learned(candidate.channel.name, 'well')
  } else {
    const rest = health.failed(candidate, outcome.fault)
    const isTrouble = effectOf(firstFault(outcome.fault)).on !== 'nothing'
    if (isTrouble) retries.learned(candidate.channel.name, 'troubled')
    if (rest) tellRest(log, candidate, rest)
  }
}

function tellRest(log: Log, { channel, model, secret }: Candidate, { faultClass, state, untilMs }: Rest): void {
  const place = { channel: channel.name, credential: hintOf(secret), model }
  const record = { ...place, state, fault: faultClass, until: new Date(untilMs).toISOString() }
  if (state === 'parked') log.error(record, 'a credential is parked: its vendor refuses it')
  else log.warn(record, 'an upstream is left alone for a while')
}

/** What larger or laxer models may answer all the same. */
function afterFault(
  { fault: failed, isUnsent }: Extract<Outcome, { readonly kind: 'failed' }>,
  { chain }: Routed,
): 'next' | 'other model' | 'stop' {
  if (isRetriable(failed)) return 'next'
  // Another candidate may be able to carry what this one's format cannot.
  if (isUnsent && failed.class === 'unsupported') return 'next'
  const isOthers = failed.class === 'context_length' || (chain.isAsked && failed.class === 'content_policy')
  return isOthers && chain.links.length > 0 ? 'other model' : 'stop'
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
