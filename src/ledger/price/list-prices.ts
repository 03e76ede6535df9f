import { calcPrice, type ModelPrice, TieredPrices } from '@pydantic/genai-prices'
import type { TierFactor } from '../../model/rates.ts'
import type { Bucket, Price, Rate } from './price.ts'
import { priceOf, rateFromUsd, type SomeRates, timesRates } from './rates.ts'

/** How the catalogue calls each unit, and how many of it its price buys. */
const units: readonly (readonly [name: string, bucket: Bucket, amount: number])[] = [
  ['input_mtok', 'input', 1e6],
  ['cache_read_mtok', 'cacheRead', 1e6],
  ['cache_write_mtok', 'cacheWrite5m', 1e6],
  ['cache_write_5m_mtok', 'cacheWrite5m', 1e6],
  ['cache_write_1h_mtok', 'cacheWrite1h', 1e6],
  ['output_mtok', 'output', 1e6],
  ['output_reasoning_mtok', 'reasoning', 1e6],
  ['input_audio_mtok', 'inputAudio', 1e6],
  ['input_image_mtok', 'inputImage', 1e6],
  ['output_audio_mtok', 'outputAudio', 1e6],
  ['output_image_mtok', 'outputImage', 1e6],
  ['web_searches_kcount', 'searches', 1e3],
  ['requests_kcount', 'requests', 1e3],
]

/**
 * The list price at a time, from the catalogue that comes with this version: the vendor's own, else, for those who sell
 * others' models and are not in it, that of the model's maker. Undefined when it does not know the model.
 * `vendor` is the catalogue's own name of it. The catalogue knows no service tiers: they are `factors` on its prices.
 * @see https://github.com/pydantic/genai-prices
 */
export function listPrice(
  vendor: string,
  model: string,
  atMs: number,
  factors: readonly TierFactor[] = [],
): Price | undefined {
  const timestamp = new Date(atMs)
  const found = calcPrice({}, model, { providerId: vendor, timestamp }) ?? calcPrice({}, model, { timestamp })
  if (!found) return undefined
  const rates: SomeRates = Object.fromEntries(ratesIn(found.model_price))
  return priceOf(`list/${found.provider.id}/${found.model.id}`, rates, tiersOf(rates, model, factors))
}

const tiersOf = (rates: SomeRates, model: string, factors: readonly TierFactor[]): Record<string, SomeRates> =>
  Object.fromEntries(
    factors
      .filter(({ models }) => models === undefined || models.test(model))
      // The first that fits counts, so it is put in last.
      .toReversed()
      .map(({ factor, tier }) => [tier, timesRates(rates, factor)]),
  )

function* ratesIn(prices: ModelPrice): Generator<[Bucket, Rate]> {
  for (const [name, bucket, amount] of units) {
    const price = prices[name]
    if (price !== undefined) yield [bucket, rateOf(price, amount)]
  }
}

const rateOf = (price: number | TieredPrices, amount: number): Rate =>
  price instanceof TieredPrices || typeof price === 'object'
    ? {
        base: rateFromUsd(price.base, amount),
        tiers: price.tiers.map((tier) => ({ above: tier.start, rate: rateFromUsd(tier.price, amount) })),
      }
    : { base: rateFromUsd(price, amount), tiers: [] }
