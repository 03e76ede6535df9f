import type { Tier } from '../../model/request.ts'
import { buckets, totalInput, type Usage } from '../../model/usage.ts'

export type Bucket = keyof Usage

/**
 * What a million units cost, in nano-USD: tokens, characters, seconds, pictures and searches alike. With tiers, all units
 * of a request cost what its tier says: vendors with long contexts do not sell the first part cheaper.
 */
export interface Rate {
  readonly base: bigint
  readonly tiers: readonly LengthTier[]
}

/** Counts for requests that read more than `above` tokens in all. */
export interface LengthTier {
  readonly above: number
  readonly rate: bigint
}

/** The price of a model: a vector over the buckets of usage. */
export interface Price {
  /** Which row it is, for the charge that is made with it: `list/openai/gpt-5.1`, `configured/fast`, of a tier `…#flex`. */
  readonly id: string
  readonly rates: Readonly<Record<Bucket, Rate>>
  /** What the same model costs where another service tier answers; tiers that are not here cost the same. */
  readonly byTier?: Readonly<Partial<Record<Tier, Price>>>
}

/** The price of what a tier has answered. */
export const priceAt = (price: Price, tier: Tier | undefined): Price => (tier && price.byTier?.[tier]) ?? price

/** One line of a bill. `nanoPerMillion` is before the multiplier. */
export interface CostLine {
  readonly bucket: Bucket
  readonly quantity: number
  readonly nanoPerMillion: bigint
}

export interface Cost {
  readonly lines: readonly CostLine[]
  readonly priceId: string
  /** In millionths: 1_000_000 is the price as it stands. */
  readonly multiplierPpm: bigint
  /** Nano-USD, rounded up once. */
  readonly total: bigint
}

/** The price as it stands. */
export const unmultiplied = 1_000_000n

const perMillion = 1_000_000n

/**
 * What usage costs. No answer is longer than this many units of anything; a vendor that says more is not believed, so that
 * neither a slip nor malice makes a bill without end.
 */
export const mostUnits = 1_000_000_000

export function costOf(usage: Usage, price: Price, multiplierPpm = unmultiplied): Cost {
  const read = totalInput(usage)
  const lines = buckets.flatMap((bucket): CostLine[] => {
    const quantity = unitsOf(usage[bucket])
    return quantity === 0 ? [] : [{ bucket, quantity, nanoPerMillion: rateAt(price.rates[bucket], read) }]
  })
  return { lines, priceId: price.id, multiplierPpm, total: totalCost(usage, price, multiplierPpm) }
}

/** The same without its lines: nano-USD, rounded up once. */
export function totalCost(usage: Usage, price: Price, multiplierPpm = unmultiplied): bigint {
  const read = totalInput(usage)
  let exact = 0n
  for (const bucket of buckets) {
    const quantity = unitsOf(usage[bucket])
    if (quantity > 0) exact += BigInt(quantity) * rateAt(price.rates[bucket], read)
  }
  return ceilDivide(exact * multiplierPpm, perMillion * perMillion)
}

/** Whole units, at least 0 and at most `mostUnits`; what is no number counts as none. */
const unitsOf = (amount: number): number => (amount > 0 ? Math.min(mostUnits, Math.ceil(amount)) : 0)

const rateAt = ({ base, tiers }: Rate, read: number): bigint =>
  tiers.reduce((rate, tier) => (read > tier.above ? tier.rate : rate), base)

const ceilDivide = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor

/** What a request may use at most. Tokens, and how often the vendor's own tools may be used. */
export interface Bound {
  readonly input: number
  readonly output: number
  readonly searches: number
  readonly fetches?: number
}

const reading: readonly Bucket[] = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'inputAudio', 'inputImage']
const writing: readonly Bucket[] = ['output', 'reasoning', 'outputAudio', 'outputImage']

/** The most that a request within its bound can cost: every token read and written at the dearest rate that it could have. */
export function mostCost(bound: Bound, price: Price, multiplierPpm = unmultiplied): bigint {
  const { input, output } = dearestOf(price)
  const at = ({ base, tiers }: Rate): bigint => (tiers.length === 0 ? base : dearestRate({ base, tiers }, bound.input))
  const exact =
    BigInt(unitsOf(bound.input)) * at(input) +
    BigInt(unitsOf(bound.output)) * at(output) +
    BigInt(unitsOf(bound.searches)) * at(price.rates.searches) +
    BigInt(unitsOf(bound.fetches ?? 0)) * at(price.rates.fetches) +
    at(price.rates.requests)
  return ceilDivide(exact * multiplierPpm, perMillion * perMillion)
}

const dearest = new WeakMap<Price, { readonly input: Rate; readonly output: Rate }>()

/** What a price asks for reading and for writing at most, found once for each price. */
function dearestOf(price: Price): { readonly input: Rate; readonly output: Rate } {
  const known = dearest.get(price)
  if (known) return known
  const most = (some: readonly Bucket[]): Rate => ({
    base: some.reduce((rate, bucket) => larger(rate, price.rates[bucket].base), 0n),
    tiers: some.flatMap((bucket) => price.rates[bucket].tiers),
  })
  const found = { input: most(reading), output: most(writing) }
  dearest.set(price, found)
  return found
}

/** The prices of all tiers that may answer, the standard one always among them. */
export const pricesAt = (price: Price, tiers: readonly Tier[]): readonly Price[] =>
  price.byTier === undefined || tiers.length === 0 ? [price] : [price, ...tiers.map((tier) => priceAt(price, tier))]

/** Of all that it may cost to read at most so much: who sets prices may let long requests be cheaper. */
const dearestRate = ({ base, tiers }: Rate, most: number): bigint =>
  tiers.reduce((rate, tier) => (most > tier.above ? larger(rate, tier.rate) : rate), base)

const larger = (left: bigint, right: bigint): bigint => (left > right ? left : right)
