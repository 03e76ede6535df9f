import { afterEach, describe, expect, it } from 'vitest'
import { mostSaved, retryBudget } from '../../../src/relay/retry-budget.ts'
import { ask, type Fleet, refuses, startFleet } from './fleet.ts'

let fleet: Fleet | undefined
afterEach(async () => {
  await fleet?.close()
  fleet = undefined
})

const three = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, 'dialects: [openai-chat], models: ["*"]']))

async function bombard(of: Fleet, requests: number, headers: Record<string, string> = {}): Promise<number[]> {
  const statuses: number[] = []
  const workers = Array.from({ length: 8 }, async () => {
    while (statuses.length < requests) {
      const at = statuses.push(0) - 1
      // Names of models that nobody has heard of are lanes that nobody knows to be ill.
      const { status } = await ask(of, { model: `m${at}`, headers })
      statuses[at] = status
    }
  })
  await Promise.all(workers)
  return statuses
}

describe('with every vendor failing', () => {
  it.each([
    { name: 'with 500', requests: 1_000, answer: refuses(500) },
    { name: 'with 529', requests: 150, answer: refuses(529, { error: { message: 'busy', type: 'overloaded_error' } }) },
    {
      name: 'with 429',
      requests: 150,
      answer: refuses(429, { error: { message: 'slow', type: 'rate_limit' } }, { 'retry-after': '60' }),
    },
    { name: 'by hanging up', requests: 150, answer: (response: { destroy(): unknown }) => void response.destroy() },
  ])('upstreams are asked at most 1.1 times as often as clients ask, $name', async ({ answer, requests }) => {
    fleet = await startFleet(three)
    for (const name of ['a', 'b', 'c']) fleet.says(name, answer)
    const statuses = await bombard(fleet, requests)
    const calls = fleet.asked().length
    expect(statuses.filter((status) => status < 400)).toEqual([])
    expect(calls).toBeGreaterThanOrEqual(requests)
    expect(calls).toBeLessThanOrEqual(Math.max(1.1 * requests, requests + mostSaved))
  })

  it('what clients repeat by themselves earns nothing', async () => {
    fleet = await startFleet(three)
    for (const name of ['a', 'b', 'c']) fleet.says(name, refuses(500))
    await bombard(fleet, 200, { 'x-stainless-retry-count': '1' })
    expect(fleet.asked().length).toBeLessThanOrEqual(200 + mostSaved)
  })
})

describe('with one vendor failing', () => {
  it('nobody notices, however many models there are: who is well costs nothing', async () => {
    fleet = await startFleet(three)
    fleet.says('a', refuses(500))
    expect(new Set(await bombard(fleet, 200))).toEqual(new Set([200]))
  })
})

describe('the budget', () => {
  it('is a tenth of what was asked, beyond what was saved', () => {
    const budget = retryBudget()
    const spent = () => Array.from({ length: 100 }, () => budget.spend('a')).filter(Boolean).length
    expect(spent()).toBe(mostSaved)
    // Those of the start were lent.
    for (let request = 0; request < 200; request++) budget.earn(0.1)
    expect(spent()).toBe(0)
    for (let request = 0; request < 50; request++) budget.earn(0.1)
    expect(spent()).toBe(5)
    for (let request = 0; request < 10_000; request++) budget.earn(0.1)
    expect(spent()).toBe(mostSaved)
  })

  it('is not for those who answered last', () => {
    const budget = retryBudget()
    budget.learned('a', 'well')
    for (let time = 0; time < 100; time++) expect(budget.spend('a')).toBe(true)
    expect(budget.left).toBe(mostSaved)
    budget.learned('a', 'troubled')
    expect(budget.spend('a')).toBe(true)
    expect(budget.left).toBe(mostSaved - 1)
  })
})
