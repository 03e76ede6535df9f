import { billed, type Ending } from '../ledger/ending.ts'
import { type Cost, costOf, mostCost, type Price } from '../ledger/price/price.ts'
import type { Priced } from '../ledger/price/price-book.ts'
import { estimateRequest } from '../model/estimate.ts'
import { type Fault, fault, ok, type Result, refuse } from '../model/fault.ts'
import { type Nano, nano, usdOf } from '../model/money.ts'
import { totalInput, totalOutput } from '../model/usage.ts'
import { catalogueName, isFree } from '../providers/list-prices.ts'
import { capabilitiesOf } from '../providers/models.ts'
import { arithmetic } from './arithmetic.ts'
import type { Outcome } from './attempt.ts'
import { boundOf } from './bound.ts'
import type { Candidate } from './candidate.ts'
import type { Answered, Exchange } from './exchange.ts'
import { floorOf, holdsOf, nameOfAccount, userAccount } from './holds.ts'
import { shortened } from './shortened.ts'
import type { Till } from './till.ts'

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
  /** Charges what was used. Harmless when it is called again. */
  close(): void
}

/** Answers whose length nobody limited are paid for in slices of so many tokens, each before it is needed. */
const sliceTokens = 4_096
/** A slice is asked for while so much of the last is left. */
const marginTokens = 1_024
/** When there is no money for another, the answer ends so close to the end of the last: estimates are not exact. */
const lastTokens = 128
const longestAnswerTokens = 32_768
const checkpointEveryMs = 5_000

/** What a bill must know of a request. */
export type Payable = Pick<
  Exchange,
  'relay' | 'requestId' | 'key' | 'pass' | 'client' | 'incoming' | 'bytes' | 'peek' | 'model' | 'ask' | 'startedAtMs'
>

/** Reserves what the request can cost at most, or refuses it. */
export async function openBill(exchange: Payable, candidates: readonly Candidate[]): Promise<Result<Bill>> {
  const offers = candidates.flatMap((candidate) => offerOf(exchange, candidate))
  if (offers.length === 0) return refuse(unpriced(exchange))
  const bill = new OpenBill(exchange, offers)
  const refused = await bill.reserve()
  return refused ? refuse(refused) : ok(bill)
}

/** A candidate and what it costs: the customer, and us where that is known. */
interface Offer {
  readonly candidate: Candidate
  readonly charged: Price
  readonly cost: Price | undefined
}

function offerOf({ relay }: Payable, candidate: Candidate): readonly Offer[] {
  const { provider } = candidate
  const asked: Priced = {
    // A model that stands in has its own price.
    model: candidate.name,
    upstream: candidate.model,
    vendor: catalogueName(provider),
    isFree: isFree(provider),
  }
  const book = relay.till.prices()
  const charged = book.charged(asked, relay.clock())
  return charged ? [{ candidate, charged, cost: book.cost(asked, relay.clock()) }] : []
}

const unpriced = ({ model }: Payable): Fault =>
  fault(
    'unsupported',
    `No price is known for the model "${shortened(model)}". Its operator can set one, or say that it is free.`,
    {
      param: 'model',
      code: 'model_not_priced',
    },
  )

/** Accounts whose floor the ledger was told by this process. */
const opened = new WeakMap<Till, Map<string, Nano>>()

class OpenBill implements Bill {
  readonly candidates: readonly Candidate[]
  readonly #exchange: Payable
  readonly #offers: readonly Offer[]
  readonly #multiplierPpm: bigint
  readonly #isSliced: boolean
  readonly #attempts: { readonly channel: string; readonly outcome: string; readonly fault?: string }[] = []
  #boundTokens: number
  #reserved = nano(0n)
  #refusal: Fault | undefined
  #isExtending = false
  #checkpointAtMs: number
  #told: { readonly candidate: Candidate; readonly charge: Nano } | undefined
  #last: Attempted | undefined
  #isClosed = false

  constructor(exchange: Payable, offers: readonly Offer[]) {
    const { key, peek, relay } = exchange
    const { accounts, groups } = relay.snapshot()
    this.#exchange = exchange
    this.#offers = offers
    this.candidates = offers.map(({ candidate }) => candidate)
    this.#multiplierPpm = groups.get(accounts.get(key.account)?.group ?? '')?.multiplierPpm ?? 1_000_000n
    this.#isSliced = peek.stream !== false && peek.maxOutput === undefined
    this.#boundTokens = this.#isSliced ? sliceTokens : (peek.maxOutput ?? this.#longest())
    this.#checkpointAtMs = relay.clock() + checkpointEveryMs
    exchange.pass.used(guessInput(exchange.bytes))
  }

  /** The fault that refuses the request, if it is refused. */
  async reserve(): Promise<Fault | undefined> {
    const amount = this.#most()
    // Nothing can be owed for what is free.
    if (amount === 0n) return undefined
    const { key, relay, requestId } = this.#exchange
    const holds = holdsOf(key, relay.clock())
    this.#openAccount()
    const { ledger } = relay.till
    const answer = await ledger.submit<'reserve'>({ do: 'reserve', id: requestId, holds, amount })
    if (answer.is === 'reserved' && !answer.repeated) {
      this.#reserved = answer.amount
      return undefined
    }
    if (answer.is === 'insufficient') return shortOf(answer.account, answer.available, amount)
    if (answer.is === 'unavailable') return outOfOrder()
    throw new Error(`a reservation was answered with "${answer.is}"`)
  }

  passed(tokens: number): Fault | undefined {
    if (this.#reserved === 0n) return undefined
    if (this.#refusal && tokens + lastTokens > this.#boundTokens) return this.#refusal
    if (this.#isSliced && tokens + marginTokens > this.#boundTokens) this.#extend(tokens)
    const now = this.#exchange.relay.clock()
    if (now >= this.#checkpointAtMs) {
      this.#checkpointAtMs = now + checkpointEveryMs
      this.#checkpoint(tokens)
    }
    return undefined
  }

  tellCost(candidate: Candidate, answered: Answered): number {
    const exact = this.#costOf(candidate, answered).total
    // Of what is more than was or will be reserved the ledger may write a part off.
    const most = this.#isSliced ? this.#most(this.#longest()) : this.#reserved
    const charge = nano(exact < most ? exact : most)
    this.#told = { candidate, charge }
    return Number(usdOf(charge))
  }

  explain(candidate?: Candidate, answered?: Answered): Readonly<Record<string, unknown>> {
    return arithmetic(this.#reserved, candidate && answered && this.#costOf(candidate, answered))
  }

  #costOf(candidate: Candidate, answered: Answered): Cost {
    const ending = endingOf(this.#exchange, { kind: 'answered', answered: { ...answered, hasContent: true } })
    return costOf(billed(ending).usage, this.#offerFor(candidate).charged, this.#multiplierPpm)
  }

  attempted(candidate: Candidate, outcome: Outcome): void {
    const offer = this.#offerFor(candidate)
    const broken = outcome.kind === 'gone' ? undefined : outcome.fault
    this.#attempts.push({
      channel: candidate.channel.name,
      outcome: outcome.kind,
      ...(broken && { fault: broken.class }),
    })
    this.#last = { offer, outcome }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#settle().catch((error: unknown) =>
      this.#exchange.relay.log.error({ err: error }, 'a request was not settled'),
    )
  }

  async #settle(): Promise<void> {
    const last = this.#last
    const { usage, source } = billed(endingOf(this.#exchange, last?.outcome))
    this.#exchange.pass.used(totalInput(usage) + totalOutput(usage) - guessInput(this.#exchange.bytes))
    const charge = last ? (this.#toldTo(last) ?? costOf(usage, last.offer.charged, this.#multiplierPpm).total) : 0n
    const cost = last?.offer.cost ? costOf(usage, last.offer.cost).total : 0n
    if (this.#isSliced && this.#reserved > 0n && charge > this.#reserved) await this.#reach(charge)
    const charged = this.#reserved === 0n ? 0n : await this.#write(nano(charge), nano(cost), source)
    this.#tellLog({ usage, source, charged, cost })
  }

  /** What the client was told of an answer that it has whole. */
  #toldTo({ offer, outcome }: Attempted): bigint | undefined {
    const isWhole = outcome.kind === 'answered' && !outcome.fault
    return isWhole && this.#told?.candidate === offer.candidate ? this.#told.charge : undefined
  }

  #offerFor(candidate: Candidate): Offer {
    const offer = this.#offers.find((one) => one.candidate === candidate)
    if (!offer) throw new Error('a candidate was asked that has no price')
    return offer
  }

  /** Gives what was really charged. */
  async #write(charge: Nano, cost: Nano, source: string): Promise<bigint> {
    const { relay, requestId } = this.#exchange
    const { ledger } = relay.till
    const offer = this.#last?.offer
    if (!offer || (charge === 0n && cost === 0n)) {
      await ledger.submit<'void'>({ do: 'void', id: requestId, reason: source })
      return 0n
    }
    const answer = await ledger.submit<'settle'>({
      do: 'settle',
      id: requestId,
      charge,
      costs: cost > 0n ? [{ vendor: offer.candidate.channel.name, amount: cost }] : [],
      source,
      price: offer.charged.id,
    })
    return 'charged' in answer ? answer.charged : charge
  }

  #tellLog({ usage, source, charged, cost }: Settled): void {
    const { key, peek, relay, requestId, startedAtMs } = this.#exchange
    const last = this.#last
    const answered = last && 'answered' in last.outcome ? last.outcome.answered : undefined
    relay.till.requestLog.add({
      id: requestId,
      atMs: startedAtMs,
      account: key.account,
      keyId: key.id,
      model: peek.model,
      channel: last?.offer.candidate.channel.name ?? '',
      outcome: last?.outcome.kind ?? 'refused',
      charged,
      ...(answered?.id !== undefined && { answerId: answered.id }),
      detail: {
        usage,
        source,
        reserved: String(this.#reserved),
        cost: String(cost),
        ...(last && { price: last.offer.charged.id, upstream: last.offer.candidate.model }),
        multiplierPpm: String(this.#multiplierPpm),
        isStream: peek.stream !== false,
        format: this.#exchange.client.format,
        attempts: this.#attempts,
        lost: answered?.lost.map(({ field }) => field) ?? [],
        durationMs: relay.clock() - startedAtMs,
        ...(answered?.firstMs !== undefined && { firstMs: answered.firstMs }),
      },
    })
  }

  /** The account is there before anything is held on it; both stand in one commit. */
  #openAccount(): void {
    const { key, relay } = this.#exchange
    const account = relay.snapshot().accounts.get(key.account)
    if (!account) throw new Error('a key without an account was let in')
    const known = opened.get(relay.till) ?? new Map<string, Nano>()
    opened.set(relay.till, known)
    const floor = floorOf(account)
    if (known.get(account.id) === floor) return
    relay.till.ledger.submit<'open'>({ do: 'open', account: userAccount(account.id), floor }).then(
      (answer) => {
        if (answer.is === 'opened') known.set(account.id, floor)
      },
      (error: unknown) => relay.log.error({ err: error }, 'an account was not opened'),
    )
  }

  /** Asks for the next slice beyond `tokens`; when the ledger is away, the next chunk asks again. */
  #extend(tokens: number): void {
    if (this.#isExtending || this.#refusal) return
    const { relay, requestId } = this.#exchange
    this.#isExtending = true
    const boundTokens = (Math.floor((tokens + marginTokens) / sliceTokens) + 1) * sliceTokens
    const amount = this.#most(boundTokens)
    relay.till.ledger
      .submit<'extend'>({ do: 'extend', id: requestId, amount })
      .then(
        (answer) => {
          if (answer.is === 'insufficient') this.#refusal = shortOf(answer.account, answer.available, amount)
          if (answer.is !== 'extended') return
          this.#reserved = answer.amount
          this.#boundTokens = boundTokens
        },
        (error: unknown) => relay.log.error({ err: error }, 'a reservation was not extended'),
      )
      .finally(() => {
        this.#isExtending = false
      })
  }

  /** Thoughts that are not shown pass nobody: the reservation follows what their vendor says in the end, as far as the money goes. */
  async #reach(charge: bigint): Promise<void> {
    const { relay, requestId } = this.#exchange
    const most = this.#most(this.#longest())
    const extend = (amount: bigint) =>
      relay.till.ledger.submit<'extend'>({ do: 'extend', id: requestId, amount: nano(amount) })
    let answer = await extend(charge < most ? charge : most)
    if (answer.is === 'insufficient' && answer.available > 0n) answer = await extend(this.#reserved + answer.available)
    if (answer.is === 'extended') this.#reserved = answer.amount
  }

  /** What is charged if this process dies: what has passed, and a low guess at what was read. */
  #checkpoint(tokens: number): void {
    const { bytes, relay, requestId } = this.#exchange
    const usage = billed({ how: 'cut', told: undefined, counted: { input: guessInput(bytes), output: tokens } }).usage
    // Whoever answers costs at least what the cheapest does.
    const costs = this.#offers.map(({ charged }) => costOf(usage, charged, this.#multiplierPpm).total)
    const used = nano(costs.reduce((least, cost) => (cost < least ? cost : least)))
    relay.till.ledger
      .submit<'checkpoint'>({ do: 'checkpoint', id: requestId, used })
      .catch((error: unknown) => relay.log.error({ err: error }, 'a checkpoint was not written'))
  }

  /** The dearest that any of the candidates can come to. */
  #most(boundTokens = this.#boundTokens): Nano {
    const { bytes, incoming } = this.#exchange
    const bound = boundOf(incoming.body, bytes.length, boundTokens)
    const amounts = this.#offers.map(({ charged }) => mostCost(bound, charged, this.#multiplierPpm))
    return nano(amounts.reduce((most, amount) => (amount > most ? amount : most), 0n))
  }

  #longest(): number {
    return Math.max(
      ...this.#offers.map(({ candidate }) => capabilitiesOf(candidate.model).maxOutput ?? longestAnswerTokens),
    )
  }
}

interface Attempted {
  readonly offer: Offer
  readonly outcome: Outcome
}

interface Settled {
  readonly usage: Ending['told']
  readonly source: string
  readonly charged: bigint
  readonly cost: bigint
}

const shortOf = (account: string, available: bigint, amount: bigint): Fault =>
  fault(
    'billing',
    `${nameOfAccount(account)} does not cover this request: it may cost up to $${usdOf(nano(amount))}, and $${usdOf(nano(available))} is left.`,
    { code: 'insufficient_quota', isOwn: true },
  )

const outOfOrder = (): Fault =>
  fault('overloaded', 'The ledger cannot be reached at the moment. Nothing was sent or charged.', {
    retryAfterMs: 2_000,
  })

function endingOf(exchange: Payable, outcome: Outcome | undefined): Ending {
  const answered = outcome && 'answered' in outcome ? outcome.answered : undefined
  if (!outcome || outcome.kind === 'failed' || !answered?.hasContent) return nothingCame
  const how = outcome.kind === 'gone' ? 'left' : outcome.fault ? 'cut' : 'complete'
  return {
    how,
    told: answered.isUsageEstimated ? undefined : answered.usage,
    counted: { input: isCounted(answered) ? inputOf(exchange) : 0, output: answered.counted },
  }
}

const nothingCame: Ending = { how: 'nothing', told: undefined, counted: { input: 0, output: 0 } }

/** Most answers tell their usage; then nobody needs to count what was sent. */
const isCounted = ({ isUsageEstimated, usage }: Answered): boolean => isUsageEstimated === true || usage === undefined

function inputOf(exchange: Payable): number {
  const ask = exchange.ask()
  return ask.ok ? estimateRequest(ask.value) : guessInput(exchange.bytes)
}

const guessInput = (bytes: Uint8Array): number => Math.ceil(bytes.length / 4)
