import type { Price } from '../ledger/price/price.ts'
import { catalogueName, isFree } from '../providers/list-prices.ts'
import { tierFactors } from '../providers/tiers.ts'
import type { Candidate, TokenPrice } from './candidate.ts'
import type { Relay } from './relay.ts'

/** What a candidate's tokens cost: the customer, its group's multiplier included, and us. */
export function tokenPrices(relay: Relay, multiplierPpm: bigint) {
  const priced = ({ model, name, provider }: Candidate) => ({
    model: name,
    upstream: model,
    vendor: catalogueName(provider),
    tierFactors: tierFactors(provider),
    isFree: isFree(provider),
  })
  const charged = (candidate: Candidate): Price | undefined =>
    relay.till.prices().charged(priced(candidate), relay.clock())
  const multiplier = Number(multiplierPpm) / 1_000_000
  return {
    priceOf: (candidate: Candidate): TokenPrice | undefined => inUsd(charged(candidate), multiplier),
    costOf: (candidate: Candidate): TokenPrice | undefined =>
      inUsd(relay.till.prices().cost(priced(candidate), relay.clock()) ?? charged(candidate), 1),
  }
}

const inUsd = (price: Price | undefined, multiplier: number): TokenPrice | undefined =>
  price && {
    input: (Number(price.rates.input.base) / 1e9) * multiplier,
    output: (Number(price.rates.output.base) / 1e9) * multiplier,
  }
