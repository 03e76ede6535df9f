import type { Tier } from '../../model/request.ts'
import { buckets } from '../../model/usage.ts'
import type { Bucket, Price, Rate } from './price.ts'

/** Rates as someone wrote them: what is missing is derived. */
export type SomeRates = Readonly<Partial<Record<Bucket, Rate>>>

const free: Rate = { base: 0n, tiers: [] }

/**
 * Where a bucket has no rate of its own, another's counts: cached tokens without a discount cost what fresh ones cost, and
 * thoughts what words cost. In this order, because later ones look at earlier ones. What is not here is free when no one
 * said a rate.
 */
const derived: readonly (readonly [Bucket, Bucket])[] = [
  ['cacheRead', 'input'],
  ['cacheWrite5m', 'input'],
  ['cacheWrite1h', 'cacheWrite5m'],
  ['inputAudio', 'input'],
  ['inputImage', 'input'],
  ['reasoning', 'output'],
  ['outputAudio', 'output'],
  ['outputImage', 'output'],
]

/** A whole price out of some rates; what a tier leaves out is that of the standard one. */
export function priceOf(id: string, some: SomeRates, tiers: Readonly<Partial<Record<Tier, SomeRates>>> = {}): Price {
  const others = Object.entries(tiers).map(([tier, own]) => [
    tier,
    { id: `${id}#${tier}`, rates: wholeRates({ ...some, ...own }) },
  ])
  return { id, rates: wholeRates(some), ...(others.length > 0 && { byTier: Object.fromEntries(others) }) }
}

function wholeRates(some: SomeRates): Price['rates'] {
  const rates: Partial<Record<Bucket, Rate>> = { ...some }
  for (const [bucket, source] of derived) rates[bucket] ??= rates[source] ?? free
  for (const bucket of buckets) rates[bucket] ??= free
  // Every bucket was given a rate above.
  return rates as Price['rates']
}

/** Not tokens: a factor leaves them alone, as searches at half price of tokens still cost their full price. */
const notTokens: ReadonlySet<string> = new Set<Bucket>([
  ...(['images', 'seconds', 'characters'] as const),
  ...(['searches', 'fetches', 'requests'] as const),
])

/** The rates of tokens times a factor, those of long contexts too. Fractions of a nano-dollar are rounded up. */
export const timesRates = (some: SomeRates, factor: number): SomeRates =>
  Object.fromEntries(
    Object.entries(some).map(([bucket, rate]) => [bucket, notTokens.has(bucket) ? rate : timesRate(rate, factor)]),
  )

const timesRate = ({ base, tiers }: Rate, factor: number): Rate => ({
  base: times(base, factor),
  tiers: tiers.map(({ above, rate }) => ({ above, rate: times(rate, factor) })),
})

/** Rounded to 15 digits first, so that 5/3 of 0.15 is 0.25. */
function times(rate: bigint, factor: number): bigint {
  const exact = Number(rate) * factor
  if (!Number.isFinite(exact) || exact < 0) throw new RangeError(`no factor: ${factor}`)
  return BigInt(Math.ceil(Number(exact.toPrecision(15))))
}

/** Nano-USD per million units, of USD per so many units. Decimal digits beyond the nano-dollar are rounded up. */
export function rateFromUsd(usd: number, units: number): bigint {
  // Numbers from JSON and YAML have at most 17 digits; scaled up and rounded, their decimal value is met exactly.
  const nano = usd * (1e15 / units)
  if (!Number.isFinite(nano) || nano < 0) throw new RangeError(`no price: ${usd}`)
  return BigInt(Math.ceil(Number(nano.toPrecision(15))))
}
