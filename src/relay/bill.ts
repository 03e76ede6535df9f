import { type Billed, billed } from '../ledger/ending.ts'
import { type Bound, priceAt, totalCost } from '../ledger/price/price.ts'
import { type Fault, ok, type Result, refuse } from '../model/fault.ts'
import { type Nano, nano, usdOf } from '../model/money.ts'
import { totalInput, totalOutput } from '../model/usage.ts'
import { arithmetic } from './arithmetic.ts'
import type { Outcome } from './attempt.ts'
import { boundOf } from './bound.ts'
import type { Candidate } from './candidate.ts'
import { answeredOf, endingOf, guessInput, inputOf } from './ending-of.ts'
import type { Answered, Exchange } from './exchange.ts'
import { digestOf, type Terms } from './late-terms.ts'
import { type Offer, Offers, offerOf, priceServed, unpriced } from './offers.ts'
import { limitedForModel, limitedOf } from './quota.ts'
import { type Attempted, attemptTold, requestRow } from './request-row.ts'
import { Reservation } from './reservation.ts'
import { tierServed } from './service-tier.ts'
import { vendorCost } from './vendor-cost.ts'

/** What one request may cost and does cost: reserved before anything leaves, settled once when all is over. */
export interface Bill {
  /** Those whose price is known, in the order in which they were planned. */
  readonly candidates: readonly Candidate[]
  /** Tells how much of the answer has passed, in tokens. A fault: no more of it can be paid for. */
  passed(tokens: number): Fault | undefined
  /** What such an answer of a candidate costs, in USD. The last that was told is what is charged for it. */
  tellCost(candidate: Candidate, answered: Answered): number
  /** How the cost is worked out: of what was set aside, and of an answer when it is there. */
  explain(candidate?: Candidate, answered?: Answered): Readonly<Record<string, unknown>>
  /** One attempt has ended. */
  attempted(candidate: Candidate, outcome: Outcome): void
  /** What is needed to charge an answer of this candidate that comes when the request is over. */
  terms(candidate: Candidate): Terms
  /** Leaves what is held to whoever charges the answer when it comes. Gives the tokens that have passed of it. */
  leave(): number
  /** Charges what was used. Harmless when it is called again. */
  close(): void
}

/** What a bill must know of a request. */
export type Payable = Pick<
  Exchange,
  'relay' | 'requestId' | 'key' | 'pass' | 'client' | 'incoming' | 'bytes' | 'peek' | 'model' | 'ask' | 'startedAtMs'
>

/** Reserves what the request can cost at most, or refuses it. */
export async function openBill(exchange: Payable, candidates: readonly Candidate[]): Promise<Result<Bill>> {
  const offers = candidates.flatMap((candidate) => offerOf(exchange, candidate) ?? [])
  if (offers.length === 0) return refuse(unpriced(exchange))
  const bill = new OpenBill(exchange, offers)
  const refused = await bill.reserve()
  return refused ? refuse(refused) : ok(bill)
}

/** Answers whose length nobody limited are paid for in slices of so many tokens, each before it is needed. */
const sliceTokens = 4_096
/** A slice is asked for while so much of the last is left. */
const marginTokens = 1_024
/** An answer with a limit may seem this part longer than it, since what passes is estimated, before it is not believed. */
const estimateDivisor = 4
/** When there is no money for another, the answer ends so close to the end of the last: estimates are not exact. */
const lastTokens = 128
const checkpointEveryMs = 5_000

class OpenBill implements Bill {
  readonly candidates: readonly Candidate[]
  readonly #exchange: Payable
  readonly #offers: Offers
  readonly #reservation: Reservation
  readonly #attempts: Attempted[] = []
  #boundTokens: number
  #marginTokens: number
  #refusal: Fault | undefined
  #checkpointAtMs: number
  #told: { readonly candidate: Candidate; readonly charge: Nano } | undefined
  #isClosed = false

  constructor(exchange: Payable, offers: readonly Offer[]) {
    const { incoming, peek, relay } = exchange
    this.#exchange = exchange
    this.#offers = new Offers(exchange, offers)
    this.#reservation = new Reservation(exchange)
    this.candidates = offers.map(({ candidate }) => candidate)
    // What goes on without its client passes nobody who could ask for another slice.
    const isSliced = peek.stream !== false && peek.maxOutput === undefined && incoming.body.background !== true
    this.#boundTokens = isSliced ? sliceTokens : (peek.maxOutput ?? this.#offers.longest())
    this.#marginTokens = isSliced ? marginTokens : -Math.ceil(this.#boundTokens / estimateDivisor)
    this.#checkpointAtMs = relay.clock() + checkpointEveryMs
  }

  /** The fault that refuses the request, if it is refused. */
  async reserve(): Promise<Fault | undefined> {
    const { bytes, pass } = this.#exchange
    const bound = this.#boundAt(this.#boundTokens)
    pass.used(guessInput(bytes))
    const refused = await this.#reservation.open(this.#offers.most(bound), this.#offers.dearest(bound).id)
    if (refused) pass.used(-guessInput(bytes))
    return refused
  }

  passed(tokens: number): Fault | undefined {
    if (!this.#reservation.isNeeded) return undefined
    if (this.#refusal && tokens + lastTokens > this.#boundTokens) return this.#refusal
    if (tokens + this.#marginTokens > this.#boundTokens) this.#extend(tokens)
    const now = this.#exchange.relay.clock()
    if (now >= this.#checkpointAtMs) {
      this.#checkpointAtMs = now + checkpointEveryMs
      this.#checkpoint(tokens)
    }
    return undefined
  }

  tellCost(candidate: Candidate, answered: Answered): number {
    const offer = this.#offers.of(candidate)
    const charge = nano(this.#offers.charge(offer, this.#used(answered).usage, answered))
    this.#told = { candidate, charge }
    return Number(usdOf(charge))
  }

  explain(candidate?: Candidate, answered?: Answered): Readonly<Record<string, unknown>> {
    const { amount } = this.#reservation
    if (!candidate || !answered) return arithmetic(amount)
    const offer = this.#offers.of(candidate)
    const cost = this.#offers.cost(offer, this.#used(answered).usage, answered)
    return arithmetic(amount, cost, tierServed(candidate, offer.tier, answered))
  }

  /** Of an answer that has come whole. */
  #used(answered: Answered): Billed {
    return billed(endingOf(this.#exchange, { kind: 'answered', answered: { ...answered, hasContent: true } }))
  }

  attempted(candidate: Candidate, outcome: Outcome): void {
    this.#attempts.push({ offer: this.#offers.of(candidate), outcome })
  }

  terms(candidate: Candidate): Terms {
    const { key, model, peek, relay, requestId, startedAtMs } = this.#exchange
    const { charged, cost, tier } = this.#offers.of(candidate)
    const isStream = peek.stream !== false
    const limited = [...limitedOf(relay, key), ...limitedForModel(relay, key, model)]
    return {
      requestId,
      account: key.account,
      keyId: key.id,
      model: peek.model,
      startedAtMs,
      channel: candidate.channel.name,
      provider: candidate.provider.id,
      upstream: candidate.model,
      credential: digestOf(candidate.secret),
      charged,
      ...(cost && { cost }),
      ...(tier && { tier }),
      multiplierPpm: this.#offers.multiplierPpm,
      reserved: this.#reservation.amount,
      input: inputOf(this.#exchange),
      passed: 0,
      isStream,
      isAttended: isStream,
      attempts: this.#attempts.map(attemptTold),
      subjects: limited.map(({ subject }) => subject),
    }
  }

  leave(): number {
    this.#isClosed = true
    const last = this.#attempts.at(-1)
    const answered = last && answeredOf(last.outcome)
    return answered?.hasContent && !answered.isUnfinished ? answered.counted : 0
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#settle().catch((error: unknown) =>
      this.#exchange.relay.log.error({ err: error }, 'a request was not settled'),
    )
  }

  async #settle(): Promise<void> {
    const { bytes, pass, relay } = this.#exchange
    const last = this.#attempts.at(-1)
    const { source, usage } = billed(endingOf(this.#exchange, last?.outcome))
    pass.used(totalInput(usage) + totalOutput(usage) - guessInput(bytes))
    const answered = last && answeredOf(last.outcome)
    const charge = last ? (this.#toldTo(last) ?? this.#offers.charge(last.offer, usage, answered)) : 0n
    const costs = this.#attempts.map((attempt) => this.#costOf(attempt)).filter(({ amount }) => amount > 0n)
    const price = last && priceServed(last.offer, answered).id
    await this.#reservation.follow(charge)
    const charged = await this.#reservation.settle({ charge, costs, source, price })
    const tier = last && tierServed(last.offer.candidate, last.offer.tier, answered)
    relay.till.requestLog.add(
      requestRow(this.#exchange, {
        ...{ attempts: this.#attempts, usage, source, charged },
        reserved: this.#reservation.amount,
        cost: costs.reduce((sum, { amount }) => sum + amount, 0n),
        multiplierPpm: this.#offers.multiplierPpm,
        ...(price !== undefined && { price }),
        ...(tier && { tier }),
      }),
    )
  }

  /** What the client was told of an answer that it has whole. */
  #toldTo({ offer, outcome }: Attempted): bigint | undefined {
    const isWhole = outcome.kind === 'answered' && !outcome.fault
    return isWhole && this.#told?.candidate === offer.candidate ? this.#told.charge : undefined
  }

  /** What a vendor takes for an attempt: by its own word, or by its list; nothing where neither is known. */
  #costOf({ offer, outcome }: Attempted): { readonly vendor: string; readonly amount: Nano } {
    const { candidate, cost, tier } = offer
    const answered = answeredOf(outcome)
    const listed = (): bigint => {
      if (!cost) return 0n
      const { spent } = billed(endingOf(this.#exchange, outcome))
      return totalCost(spent, priceAt(cost, tierServed(candidate, tier, answered)))
    }
    return { vendor: candidate.channel.name, amount: nano(vendorCost(candidate, answered?.billed) ?? listed()) }
  }

  /** Asks for the next slice beyond `tokens`. */
  #extend(tokens: number): void {
    if (this.#refusal) return
    this.#marginTokens = marginTokens
    const boundTokens = (Math.floor((tokens + marginTokens) / sliceTokens) + 1) * sliceTokens
    this.#reservation.extend(
      this.#offers.most(this.#boundAt(boundTokens)),
      () => {
        this.#boundTokens = boundTokens
      },
      (why) => {
        this.#refusal = why
      },
    )
  }

  /** What has passed, and a low guess at what was read. */
  #checkpoint(tokens: number): void {
    const counted = { input: guessInput(this.#exchange.bytes), output: tokens }
    const { usage } = billed({ how: 'cut', told: undefined, counted })
    this.#reservation.checkpoint(this.#offers.least(usage))
  }

  #boundAt(tokens: number): Bound {
    const { bytes, incoming } = this.#exchange
    return boundOf(incoming.body, bytes, tokens)
  }
}
