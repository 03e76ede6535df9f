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

/** A whole price out of some rates. */
export function priceOf(id: string, some: SomeRates): Price {
  const rates: Partial<Record<Bucket, Rate>> = { ...some }
  for (const [bucket, source] of derived) rates[bucket] ??= rates[source] ?? free
  for (const bucket of buckets) rates[bucket] ??= free
  // Every bucket was given a rate above.
  return { id, rates: rates as Price['rates'] }
}

/** Nano-USD per million units, of USD per so many units. Decimal digits beyond the nano-dollar are rounded up. */
export function rateFromUsd(usd: number, units: number): bigint {
  // Numbers from JSON and YAML have at most 17 digits; scaled up and rounded, their decimal value is met exactly.
  const nano = usd * (1e15 / units)
  if (!Number.isFinite(nano) || nano < 0) throw new RangeError(`no price: ${usd}`)
  return BigInt(Math.ceil(Number(nano.toPrecision(15))))
}
