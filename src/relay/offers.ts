import {
  type Bound,
  type Cost,
  costOf,
  mostCost,
  type Price,
  priceAt,
  pricesAt,
  totalCost,
} from '../ledger/price/price.ts'
import type { Priced } from '../ledger/price/price-book.ts'
import { type Fault, fault } from '../model/fault.ts'
import { type Nano, nano } from '../model/money.ts'
import type { Tier } from '../model/request.ts'
import type { Usage } from '../model/usage.ts'
import { catalogueName, isFree } from '../providers/list-prices.ts'
import { capabilitiesOf } from '../providers/models.ts'
import { tierFactors } from '../providers/tiers.ts'
import type { Candidate } from './candidate.ts'
import type { Answered, Exchange } from './exchange.ts'
import { tierAsked, tierServed, tiersThatMayServe } from './service-tier.ts'
import { shortened } from './shortened.ts'

/** A candidate and what it costs: the customer, and us where that is known. */
export interface Offer {
  readonly candidate: Candidate
  readonly charged: Price
  readonly cost: Price | undefined
  /** The service tier that is asked for, if any is named. */
  readonly tier: Tier | undefined
}

type Asked = Pick<Exchange, 'incoming' | 'key' | 'model' | 'relay'>

/** What a candidate asks; undefined where nobody has said a price. */
export function offerOf({ incoming, relay }: Asked, candidate: Candidate): Offer | undefined {
  const { channel, provider } = candidate
  const asked: Priced = {
    // A model that stands in has its own price.
    model: candidate.name,
    upstream: candidate.model,
    vendor: catalogueName(provider),
    tierFactors: tierFactors(provider),
    isFree: isFree(provider),
  }
  const book = relay.till.prices()
  const nowMs = relay.clock()
  const charged = book.charged(asked, nowMs)
  if (!charged) return undefined
  return { candidate, charged, cost: book.cost(asked, nowMs), tier: tierAsked(incoming.body, channel.shaping?.body) }
}

/** Why a request is refused that nobody has a price for. */
export const unpriced = ({ model }: Asked): Fault =>
  fault(
    'unsupported',
    `No price is known for the model "${shortened(model)}". Its operator can set one, or say that it is free.`,
    { param: 'model', code: 'model_not_priced' },
  )

/** Of models that nobody here knows. */
const longestAnswerTokens = 32_768

/** What may be charged for a request, whoever answers it. */
export class Offers {
  readonly all: readonly Offer[]
  /** That of the customer's group. */
  readonly multiplierPpm: bigint
  /** What may be charged by: every offer, at every tier that may answer. */
  readonly #prices: readonly Price[]

  constructor({ key, relay }: Asked, all: readonly Offer[]) {
    const { accounts, groups } = relay.snapshot()
    this.all = all
    this.multiplierPpm = groups.get(accounts.get(key.account)?.group ?? '')?.multiplierPpm ?? 1_000_000n
    this.#prices = all.flatMap(({ charged, tier }) => pricesAt(charged, tiersThatMayServe(tier)))
  }

  /** @throws Error when the candidate has no price: nobody may be asked then. */
  of(candidate: Candidate): Offer {
    const offer = this.all.find((one) => one.candidate === candidate)
    if (!offer) throw new Error('a candidate was asked that has no price')
    return offer
  }

  /** The most that any of them can come to. */
  most(bound: Bound): Nano {
    let most = 0n
    for (const price of this.#prices) {
      const amount = mostCost(bound, price, this.multiplierPpm)
      if (amount > most) most = amount
    }
    return nano(most)
  }

  /** Whoever answers costs at least what the cheapest does. */
  least(usage: Usage): Nano {
    const amounts = this.#prices.map((price) => totalCost(usage, price, this.multiplierPpm))
    return nano(amounts.reduce((least, amount) => (amount < least ? amount : least)))
  }

  /** Of whoever can cost most: what is charged by when nobody can tell any more who answered. */
  dearest(bound: Bound): Price {
    const [first, ...others] = this.all.map(({ charged }) => charged)
    if (!first) throw new Error('a bill without a price')
    if (others.length === 0) return first
    const most = (price: Price) => mostCost(bound, price, this.multiplierPpm)
    return others.reduce((dearest, price) => (most(price) > most(dearest) ? price : dearest), first)
  }

  /** How many tokens the longest answer of any of them has. */
  longest(): number {
    return Math.max(
      ...this.all.map(({ candidate }) => capabilitiesOf(candidate.model).maxOutput ?? longestAnswerTokens),
    )
  }

  /** What usage costs the customer at the tier that has served, line by line. */
  cost(offer: Offer, usage: Usage, answered: Answered | undefined): Cost {
    return costOf(usage, priceServed(offer, answered), this.multiplierPpm)
  }

  /** The same in one figure. */
  charge(offer: Offer, usage: Usage, answered: Answered | undefined): bigint {
    return totalCost(usage, priceServed(offer, answered), this.multiplierPpm)
  }
}

/** The customer's price of an answer. */
export const priceServed = ({ candidate, charged, tier }: Offer, answered: Answered | undefined): Price =>
  priceAt(charged, tierServed(candidate, tier, answered))
