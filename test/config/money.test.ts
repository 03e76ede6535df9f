import { describe, expect, it } from 'vitest'
import { checkConfig } from '../../src/config.ts'

const check = (file: string) => checkConfig({ file, environment: {}, flags: {} })
const problems = (file: string): readonly string[] => {
  const checked = check(file)
  return checked.ok ? [] : checked.problems.map(({ message }) => message)
}

describe('amounts that are not nothing', () => {
  it.each([
    ['groups: [{ name: g, multiplier: 0.0000001 }]', /^groups\.0\.multiplier/],
    ['groups: [{ name: g, multiplier: 1e-300 }]', /^groups\.0\.multiplier/],
    ['accounts: [{ name: a, credit_limit: 1e-11 }]', /^accounts\.0\.credit_limit/],
    ['accounts: [{ name: a, credit_limit: 1.5e-9 }]', /^accounts\.0\.credit_limit/],
    ['keys: [{ name: k, budget: { daily: 1e-11 } }]', /^keys\.0\.budget\.daily/],
  ])('are never rounded to nothing, or to something else: %s', (file, where) => {
    expect(problems(file)).toEqual([expect.stringMatching(where)])
  })

  it.each([
    ['groups: [{ name: g, multiplier: 0 }]'],
    ['groups: [{ name: g, multiplier: 0.000001 }]'],
    ['groups: [{ name: g, multiplier: 1.3333333 }]'],
    ['accounts: [{ name: a, credit_limit: 0 }]'],
    ['accounts: [{ name: a, credit_limit: 1e-9 }]'],
    ['accounts: [{ name: a, credit_limit: 0.000000025 }]'],
  ])('are taken as they are: %s', (file) => {
    expect(problems(file)).toEqual([])
  })
})

describe('prices of one model', () => {
  it.each([
    ['{ model: m, input: 1 }, { model: m, input: 2 }', 'prices.1'],
    ['{ model: m, input: 1 }, { model: o, input: 1 }, { model: m, input: 1 }', 'prices.2'],
    ['{ model: m, from: 2026-01-01, input: 1 }, { model: m, from: "2026-01-01T00:00:00Z", input: 2 }', 'prices.1'],
  ])('do not begin at the same moment: %s', (prices, where) => {
    expect(problems(`prices: [${prices}]`)).toEqual([expect.stringContaining(`${where}.from`)])
  })

  it('begin one after the other', () => {
    expect(problems('prices: [{ model: m, input: 1 }, { model: m, from: "2027-01-01", input: 2 }]')).toEqual([])
  })
})
