import { pricedTiers, type RateName, rateNames, type TierRates, type UsdRates } from '../../model/rates.ts'
import type { Bucket, Price, Rate } from './price.ts'
import { priceOf, rateFromUsd, type SomeRates, timesRates } from './rates.ts'

/** Which bucket each name prices, and how many units its amount buys. */
const units: Record<RateName, readonly [Bucket, number]> = {
  input: ['input', 1e6],
  cache_read: ['cacheRead', 1e6],
  cache_write_5m: ['cacheWrite5m', 1e6],
  cache_write_1h: ['cacheWrite1h', 1e6],
  output: ['output', 1e6],
  reasoning: ['reasoning', 1e6],
  input_audio: ['inputAudio', 1e6],
  input_image: ['inputImage', 1e6],
  output_audio: ['outputAudio', 1e6],
  output_image: ['outputImage', 1e6],
  image: ['images', 1],
  second: ['seconds', 1],
  character: ['characters', 1e6],
  search: ['searches', 1],
  fetch: ['fetches', 1],
  request: ['requests', 1],
}

/** A price as it was written, as a vector. What was checked when it was written cannot fail here. */
export function priceFromUsd(id: string, said: UsdRates): Price {
  const standard = ratesFor(said)
  const tiers = pricedTiers.flatMap((tier) => {
    const own = said.tiers?.[tier]
    if (own === undefined) return []
    return [[tier, typeof own === 'number' ? timesRates(standard, own) : ratesFor(own)]]
  })
  return priceOf(id, standard, Object.fromEntries(tiers))
}

const ratesFor = (said: TierRates): SomeRates => Object.fromEntries(rateNames.flatMap((name) => rateFor(said, name)))

function rateFor(said: TierRates, name: RateName): readonly (readonly [Bucket, Rate])[] {
  const [bucket, amount] = units[name]
  const base = said[name]
  if (base === undefined) return []
  const tiers = (said.above ?? [])
    .toSorted((left, right) => left.tokens - right.tokens)
    .flatMap(({ tokens, [name]: usd }) =>
      usd === undefined ? [] : [{ above: tokens, rate: rateFromUsd(usd, amount) }],
    )
  return [[bucket, { base: rateFromUsd(base, amount), tiers }]]
}
