import { buckets, totalInput, type Usage } from '../../model/usage.ts'

export type Bucket = keyof Usage

/**
 * What a million units cost, in nano-USD: tokens, characters, seconds, pictures and searches alike. With tiers, all units
 * of a request cost what its tier says: vendors with long contexts do not sell the first part cheaper.
 */
export interface Rate {
  readonly base: bigint
  readonly tiers: readonly Tier[]
}

/** Counts for requests that read more than `above` tokens in all. */
export interface Tier {
  readonly above: number
  readonly rate: bigint
}

/** The price of a model: a vector over the buckets of usage. */
export interface Price {
  /** Which row it is, for the charge that is made with it: `list/openai/gpt-5.1`, `configured/fast`. */
  readonly id: string
  readonly rates: Readonly<Record<Bucket, Rate>>
}

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
  const exact = lines.reduce((sum, line) => sum + BigInt(line.quantity) * line.nanoPerMillion, 0n)
  return { lines, priceId: price.id, multiplierPpm, total: ceilDivide(exact * multiplierPpm, perMillion * perMillion) }
}

/** Whole units, at least 0 and at most `mostUnits`; what is no number counts as none. */
const unitsOf = (amount: number): number => (amount > 0 ? Math.min(mostUnits, Math.ceil(amount)) : 0)

const rateAt = ({ base, tiers }: Rate, read: number): bigint =>
  tiers.reduce((rate, tier) => (read > tier.above ? tier.rate : rate), base)

const ceilDivide = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor

/** What a request may use at most. Tokens, and how many searches its tools may run. */
export interface Bound {
  readonly input: number
  readonly output: number
  readonly searches: number
}

const reading: readonly Bucket[] = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'inputAudio', 'inputImage']
const writing: readonly Bucket[] = ['output', 'reasoning', 'outputAudio', 'outputImage']

/** The most that a request within its bound can cost: every token read and written at the dearest rate that it could have. */
export function mostCost(bound: Bound, price: Price, multiplierPpm = unmultiplied): bigint {
  const dearest = (some: readonly Bucket[]): bigint =>
    some.reduce((most, bucket) => larger(most, rateAt(price.rates[bucket], bound.input)), 0n)
  const exact =
    BigInt(unitsOf(bound.input)) * dearest(reading) +
    BigInt(unitsOf(bound.output)) * dearest(writing) +
    BigInt(unitsOf(bound.searches)) * rateAt(price.rates.searches, bound.input) +
    rateAt(price.rates.requests, bound.input)
  return ceilDivide(exact * multiplierPpm, perMillion * perMillion)
}

const larger = (left: bigint, right: bigint): bigint => (left > right ? left : right)
