import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listPrice } from '../../../src/ledger/price/list-prices.ts'
import { costOf, mostCost, mostUnits } from '../../../src/ledger/price/price.ts'
import { priceBook } from '../../../src/ledger/price/price-book.ts'
import { priceOf, rateFromUsd } from '../../../src/ledger/price/rates.ts'
import { buckets, totalInput, totalOutput, type Usage, usageOf } from '../../../src/model/usage.ts'

const flat = (usdPerMillion: number) => ({ base: rateFromUsd(usdPerMillion, 1e6), tiers: [] })
const sonnet = priceOf('test/sonnet', {
  input: flat(3),
  output: flat(15),
  cacheRead: flat(0.3),
  cacheWrite5m: flat(3.75),
  cacheWrite1h: flat(6),
  searches: { base: rateFromUsd(10, 1e3), tiers: [] },
})

describe('a rate', () => {
  const cases: readonly (readonly [usd: number, units: number, nanoPerMillion: bigint])[] = [
    [3, 1e6, 3_000_000_000n],
    [0.075, 1e6, 75_000_000n],
    [0.1, 1e6, 100_000_000n],
    [0.3, 1e6, 300_000_000n],
    [1e-7, 1e6, 100n],
    [10, 1e3, 10_000_000_000_000n],
    [0.04, 1, 40_000_000_000_000n],
    [0, 1e6, 0n],
  ]
  for (const [usd, units, nano] of cases)
    it(`of $${usd} for ${units} is ${nano} nano-dollars a million`, () => expect(rateFromUsd(usd, units)).toBe(nano))

  for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY])
    it(`of ${bad} is refused`, () => expect(() => rateFromUsd(bad, 1e6)).toThrow(RangeError))
})

describe('the cost', () => {
  it('is the dot product of usage and price, each bucket once', () => {
    const usage = usageOf({
      input: 50,
      cacheRead: 100,
      cacheWrite5m: 20,
      cacheWrite1h: 30,
      output: 70,
      reasoning: 30,
      searches: 2,
    })
    const nano = 50 * 3000 + 100 * 300 + 20 * 3750 + 30 * 6000 + 100 * 15_000 + 2 * 10_000_000
    expect(costOf(usage, sonnet).total).toBe(BigInt(nano))
  })

  it('is rounded up once, at the end', () => {
    const cheap = priceOf('cheap', { input: { base: 1n, tiers: [] }, output: { base: 1n, tiers: [] } })
    expect(costOf(usageOf({ input: 1, output: 1 }), cheap).total).toBe(1n)
    expect(costOf(usageOf({ input: 500_000, output: 500_000 }), cheap).total).toBe(1n)
    expect(costOf(usageOf({ input: 500_001, output: 500_000 }), cheap).total).toBe(2n)
    expect(costOf(usageOf({}), cheap).total).toBe(0n)
  })

  it('takes the multiplier before it rounds', () => {
    expect(costOf(usageOf({ input: 1_000_000 }), sonnet, 1_500_000n).total).toBe(4_500_000_000n)
    expect(costOf(usageOf({ input: 1 }), sonnet, 333_333n).total).toBe(1000n)
  })

  it('of a long context is the tier’s for all of it', () => {
    const long = priceOf('long', {
      input: { base: 3n, tiers: [{ above: 200_000, rate: 6n }] },
      output: { base: 15n, tiers: [{ above: 200_000, rate: 22n }] },
    })
    expect(costOf(usageOf({ input: 200_000, output: 1e6 }), long).total).toBe(16n)
    expect(costOf(usageOf({ input: 100_000, cacheRead: 100_001, output: 1e6 }), long).total).toBe(24n)
  })

  it('believes no vendor that says too much', () => {
    expect(costOf(usageOf({ output: 1e300 }), sonnet).total).toBe(BigInt(mostUnits) * 15_000n)
    expect(costOf(usageOf({ output: Number.NaN, input: -5 }), sonnet).total).toBe(0n)
  })

  it('is never below 0 and never above the bound of what was used', () => {
    const amounts = fc.record(
      Object.fromEntries(
        buckets.map((bucket) => [
          bucket,
          fc.oneof(fc.nat(1_000_000), fc.double(), fc.constantFrom(-(2 ** 53), 2 ** 63, 0.5)),
        ]),
      ),
    )
    fc.assert(
      fc.property(amounts, fc.bigInt(0n, 10_000_000n), (some, multiplier) => {
        // Every bucket is in the record.
        const usage = some as unknown as Usage
        const { total } = costOf(usage, sonnet, multiplier)
        expect(total >= 0n).toBe(true)
        const sum = (keys: readonly (keyof Usage)[]) =>
          keys.reduce((all, key) => all + Math.ceil(Math.min(mostUnits, Math.max(0, usage[key] || 0))), 0)
        const input = sum(['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'inputAudio', 'inputImage'])
        const output = sum(['output', 'reasoning', 'outputAudio', 'outputImage'])
        if (input <= mostUnits && output <= mostUnits)
          expect(total <= mostCost({ input, output, searches: sum(['searches']) }, sonnet, multiplier)).toBe(true)
      }),
    )
    expect(totalInput(usageOf({ input: 1 })) + totalOutput(usageOf({ output: 1 }))).toBe(2)
  })
})

describe('list prices', () => {
  it('know the cache and the tiers of a vendor', () => {
    const price = listPrice('anthropic', 'claude-sonnet-4-5', Date.UTC(2026, 0, 1))
    expect(price?.id).toBe('list/anthropic/claude-sonnet-4-5')
    expect(price?.rates.cacheWrite1h.base).toBe(6_000_000_000n)
    expect(price?.rates.input.tiers).toEqual([{ above: 200_000, rate: 6_000_000_000n }])
    expect(price?.rates.reasoning).toEqual(price?.rates.output)
  })

  it('are those of the day', () => {
    expect(listPrice('openai', 'o3', Date.UTC(2025, 4, 1))?.rates.input.base).toBe(10_000_000_000n)
    expect(listPrice('openai', 'o3', Date.UTC(2025, 6, 1))?.rates.input.base).toBe(2_000_000_000n)
  })

  it('say nothing of what they do not know', () => {
    expect(listPrice('openai', 'no-such-model', 0)).toBeUndefined()
    expect(listPrice('nobody', 'no-such-model', 0)).toBeUndefined()
  })

  it('are the maker’s where its seller is not in the catalogue', () => {
    expect(listPrice('nobody', 'gpt-5.1', Date.UTC(2026, 0, 1))?.id).toBe('list/openai/gpt-5.1')
  })
})

describe('the price book', () => {
  const free = priceOf('free', {})
  const mine = (id: string, usd: number) => priceOf(id, { input: flat(usd) })
  const book = priceBook(
    [
      { model: 'fast', price: mine('old', 1), fromMs: 0 },
      { model: 'fast', price: mine('new', 2), fromMs: 1000 },
      { model: 'f*', price: mine('glob', 3), fromMs: 500 },
    ],
    free,
    (pattern, name) => pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1))),
  )
  const asked = { upstream: 'gpt-5.1', vendor: 'openai', isFree: false }

  it('takes the operator’s newest row of that name, then a pattern, then the list', () => {
    expect(book.charged({ ...asked, model: 'fast' }, 999)?.id).toBe('old')
    expect(book.charged({ ...asked, model: 'fast' }, 1000)?.id).toBe('new')
    expect(book.charged({ ...asked, model: 'foo' }, 499)?.id).toBe('list/openai/gpt-5.1')
    expect(book.charged({ ...asked, model: 'foo' }, 500)?.id).toBe('glob')
    expect(book.cost({ ...asked, model: 'foo' }, 500)?.id).toBe('list/openai/gpt-5.1')
  })

  it('takes the pattern that says most of a name, in whatever order they were written', () => {
    const rows = ['*', 'free/*', 'free/large-*'].map((model, at) => ({ model, price: mine(model, at), fromMs: at }))
    for (const some of [rows, rows.toReversed()]) {
      const patterns = priceBook(some, free, (pattern, name) => name.startsWith(pattern.slice(0, -1)))
      const priced = ['x', 'free/x', 'free/large-x'].map((model) => patterns.charged({ ...asked, model }, 9)?.id)
      expect(priced).toEqual(['*', 'free/*', 'free/large-*'])
    }
  })

  it('has no price where nobody said one, and none to pay where nobody bills', () => {
    expect(book.charged({ model: 'x', upstream: 'x', isFree: false }, 0)).toBeUndefined()
    expect(book.charged({ model: 'x', upstream: 'x', isFree: true }, 0)).toBe(free)
  })
})
