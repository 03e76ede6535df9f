import type { Tier } from './request.ts'

/**
 * A price as people write it. USD per million tokens or characters; per picture, second, search, fetch and request. What
 * is missing is derived (cached tokens cost what fresh ones cost, thoughts what words cost) or free.
 */
export interface UsdRates extends Readonly<Partial<Record<RateName, number>>> {
  /** Other rates for requests that read more than so many tokens. */
  readonly above?: readonly (Readonly<Partial<Record<RateName, number>>> & { readonly tokens: number })[]
  /** Where the vendor says that it answered at another service tier: other rates, or a factor on all rates of tokens. */
  readonly tiers?: Readonly<Partial<Record<PricedTier, number | TierRates>>>
  /** Costs nothing, on purpose. */
  readonly free?: true
}

/** What a tier does not say costs what it costs at the standard tier. */
export type TierRates = Omit<UsdRates, 'tiers' | 'free'>

/** Service tiers that may have a price of their own; one that has none costs what the standard tier does. */
export const pricedTiers = [
  'flex',
  'batch',
  'priority',
  'fast',
  'ultrafast',
  'scale',
] as const satisfies readonly Tier[]
export type PricedTier = (typeof pricedTiers)[number]

/** How a vendor prices a tier of its own models: a factor on the rates of tokens. The first that fits a model counts. */
export interface TierFactor {
  readonly tier: PricedTier
  readonly factor: number
  /** The vendor's names of the models; absent: all. */
  readonly models?: RegExp
}

export const rateNames = [
  'input',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'output',
  'reasoning',
  'input_audio',
  'input_image',
  'output_audio',
  'output_image',
  'image',
  'second',
  'character',
  'search',
  'fetch',
  'request',
] as const
export type RateName = (typeof rateNames)[number]
