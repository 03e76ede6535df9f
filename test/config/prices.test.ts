import { describe, expect, it } from 'vitest'
import { checkConfig } from '../../src/config.ts'

const check = (price: string) => checkConfig({ file: `prices: [{ model: m, ${price} }]`, environment: {}, flags: {} })

const ratesOf = (price: string) => {
  const checked = check(price)
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems))
  return checked.config.prices[0]?.rates
}

describe('service tiers of a price', () => {
  it('have a factor, or rates of their own', () => {
    expect(
      ratesOf('input: 1, tiers: { flex: 0.5, fast: { input: 3, above: [{ tokens: 10, input: 6 }] }, scale: {} }'),
    ).toEqual({
      input: 1,
      tiers: { flex: 0.5, fast: { input: 3, above: [{ tokens: 10, input: 6 }] }, scale: {} },
    })
  })

  it.each([
    ['input: 1, tiers: { flex: -0.5 }'],
    ['input: 1, tiers: { flex: 101 }'],
    ['input: 1, tiers: { flex: .nan }'],
    ['input: 1, tiers: { flex: .inf }'],
    ['input: 1, tiers: { flex: "0.5" }'],
    ['input: 1, tiers: { flex: { input: -1 } }'],
    ['input: 1, tiers: { flex: { inptu: 1 } }'],
    ['input: 1, tiers: { standard: 2 }'],
    ['input: 1, tiers: { prioritty: 2 }'],
    ['input: 1, tiers: { fast: { tiers: { flex: 1 } } }'],
  ])('are refused by their place: %s', (price) => {
    const checked = check(price)
    expect(checked.ok ? [] : checked.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^prices\.0\.tiers/),
    ])
  })

  it.each([
    ['input: 1, above: [{ tokens: 9, output: 2 }]', 'prices.0.above.0.output'],
    [
      'input: 1, tiers: { fast: { input: 2, above: [{ tokens: 9, output: 2 }] } }',
      'prices.0.tiers.fast.above.0.output',
    ],
  ])('need a rate to begin with: %s', (price, place) => {
    const checked = check(price)
    expect(checked.ok ? '' : checked.problems[0]?.message).toContain(place)
  })

  it.each([['tiers: { priority: 2 }'], ['above: [{ tokens: 1, input: 2 }]']])(
    'are no price of the standard one: %s',
    (price) => {
      const checked = check(price)
      expect(checked.ok ? '' : checked.problems[0]?.message).toContain('at least one rate')
    },
  )
})
