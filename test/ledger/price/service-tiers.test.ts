import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listPrice } from '../../../src/ledger/price/list-prices.ts'
import { costOf, mostCost, mostUnits, type Price, priceAt, pricesAt } from '../../../src/ledger/price/price.ts'
import { timesRates } from '../../../src/ledger/price/rates.ts'
import { priceFromUsd } from '../../../src/ledger/price/usd-rates.ts'
import { pricedTiers } from '../../../src/model/rates.ts'
import type { Tier } from '../../../src/model/request.ts'
import { buckets, type Usage, usageOf } from '../../../src/model/usage.ts'
import { provider } from '../../../src/providers/index.ts'
import { tierFactors } from '../../../src/providers/tiers.ts'

const price = priceFromUsd('mine', {
  ...{ input: 2, cache_read: 0.2, output: 10, search: 0.01, request: 0.001 },
  above: [{ tokens: 200_000, input: 4, output: 15 }],
  tiers: { flex: 0.5, priority: { input: 5, output: 20, above: [{ tokens: 200_000, output: 40 }] }, batch: 0 },
})
const usage = usageOf({ input: 1_000, cacheRead: 100, output: 10, searches: 2, requests: 1 })
const nano = (input: number, cacheRead: number, output: number): bigint =>
  BigInt(1_000 * input + 100 * cacheRead + 10 * output + 2 * 10_000_000 + 1_000_000)

describe('the price of a service tier', () => {
  const cases: readonly (readonly [tier: Tier | undefined, total: bigint, id: string])[] = [
    [undefined, nano(2_000, 200, 10_000), 'mine'],
    ['standard', nano(2_000, 200, 10_000), 'mine'],
    ['flex', nano(1_000, 100, 5_000), 'mine#flex'],
    ['priority', nano(5_000, 200, 20_000), 'mine#priority'],
    ['batch', nano(0, 0, 0), 'mine#batch'],
    ['fast', nano(2_000, 200, 10_000), 'mine'],
  ]
  for (const [tier, total, id] of cases)
    it(`${tier}: tokens by its factor or its own rates, all else as ever`, () => {
      const cost = costOf(usage, priceAt(price, tier))
      expect([cost.total, cost.priceId]).toEqual([total, id])
    })

  it('of a long request is its own, or a factor on that of the standard one', () => {
    const long = usageOf({ input: 300_000, output: 1_000_000 })
    expect(costOf(long, priceAt(price, 'flex')).total).toBe(300_000n * 2_000n + 1_000_000n * 7_500n)
    expect(costOf(long, priceAt(price, 'priority')).total).toBe(300_000n * 5_000n + 1_000_000n * 40_000n)
  })

  it('derives what nobody has said from its own rates', () => {
    const plain = priceFromUsd('plain', { input: 2, output: 10, tiers: { priority: { input: 4, output: 20 } } })
    expect(priceAt(plain, 'priority').rates.cacheRead.base).toBe(4_000_000_000n)
    expect(priceAt(plain, 'priority').rates.reasoning.base).toBe(20_000_000_000n)
  })

  it('is refused where its factor is none', () => {
    for (const factor of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => timesRates({ input: { base: 1n, tiers: [] } }, factor)).toThrow(RangeError)
  })
})

describe('list prices of service tiers', () => {
  const at = Date.UTC(2026, 10, 1)
  const listed = (vendor: string, model: string): Price | undefined => {
    const one = provider(vendor)
    return listPrice(vendor === 'gemini' ? 'google' : vendor, model, at, one && tierFactors(one))
  }
  const cases: readonly (readonly [vendor: string, model: string, tier: Tier, input: number, output: number])[] = [
    ['openai', 'gpt-5.1', 'flex', 0.625, 5],
    ['openai', 'gpt-5.1', 'priority', 2.5, 20],
    ['openai', 'gpt-5.1', 'fast', 2.5, 20],
    ['openai', 'gpt-5.5', 'fast', 12.5, 75],
    ['openai', 'gpt-5-mini', 'priority', 0.45, 3.6],
    ['openai', 'gpt-4.1', 'priority', 3.5, 14],
    ['openai', 'gpt-4o-mini', 'priority', 0.25, 1],
    ['openai', 'o4-mini', 'priority', 2, 8],
    ['openai', 'gpt-5.6-sol', 'fast', 8, 40],
    ['anthropic', 'claude-opus-4-6', 'fast', 30, 150],
    ['anthropic', 'claude-opus-5', 'fast', 10, 50],
    ['anthropic', 'claude-opus-5', 'batch', 2.5, 12.5],
    ['anthropic', 'claude-opus-5', 'priority', 5, 25],
    ['gemini', 'gemini-2.5-pro', 'flex', 0.625, 5],
  ]
  for (const [vendor, model, tier, input, output] of cases)
    it(`${model} of ${vendor} at ${tier}`, () => {
      const found = listed(vendor, model)
      const { rates } = found ? priceAt(found, tier) : { rates: undefined }
      expect([Number(rates?.input.base) / 1e9, Number(rates?.output.base) / 1e9]).toEqual([input, output])
    })

  it('scale long contexts and leave searches alone', () => {
    const found = listed('openai', 'gpt-5.6-sol')
    const { rates } = found ? priceAt(found, 'fast') : { rates: undefined }
    expect(rates?.input.tiers.map(({ rate }) => rate)).toEqual([16_000_000_000n])
    expect(rates?.searches).toEqual(found?.rates.searches)
  })
})

describe('whatever is used at whatever tier', () => {
  const amount = fc.oneof(fc.nat(1_000_000), fc.double(), fc.constantFrom(-(2 ** 53), 2 ** 63, 0.5))
  const usages = fc.record(Object.fromEntries(buckets.map((bucket) => [bucket, amount])))
  const rate = fc.double({ min: 0, max: 1_000, noNaN: true })
  const tiers = fc.dictionary(
    fc.constantFrom(...pricedTiers),
    fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.record({ input: rate, output: rate, cache_read: rate })),
    { maxKeys: 4 },
  )
  const cached: readonly (keyof Usage)[] = ['cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'inputAudio', 'inputImage']
  const sumOf = (used: Usage, names: readonly (keyof Usage)[]): number =>
    names.reduce((sum, name) => sum + Math.ceil(Math.min(mostUnits, Math.max(0, used[name] || 0))), 0)

  it('the charge is never below 0, and never above the bound over the tiers that may answer', () => {
    fc.assert(
      fc.property(
        usages,
        tiers,
        fc.record({
          input: rate,
          output: rate,
          above: fc.array(fc.record({ tokens: fc.nat(), input: rate }), { maxLength: 2 }),
        }),
        fc.constantFrom<Tier>('standard', ...pricedTiers),
        fc.bigInt(0n, 10_000_000n),
        (some, own, base, tier, multiplier) => {
          // Every bucket is in the record.
          const used = some as unknown as Usage
          const made = priceFromUsd('any', { ...base, tiers: own })
          const { total } = costOf(used, priceAt(made, tier), multiplier)
          expect(total >= 0n).toBe(true)
          const bound = {
            input: sumOf(used, ['input', ...cached]),
            output: sumOf(used, ['output', 'reasoning', 'outputAudio', 'outputImage']),
            searches: sumOf(used, ['searches']),
          }
          if (bound.input > mostUnits || bound.output > mostUnits) return
          const most = pricesAt(made, [tier]).map((one) => mostCost(bound, one, multiplier))
          expect(most.some((one) => total <= one)).toBe(true)
        },
      ),
    )
  })
})
