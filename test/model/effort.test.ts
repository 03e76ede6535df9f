import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { budgetFromEffort, effortFromBudget, nearestEffort, wantedEffort } from '../../src/model/effort.ts'
import { type Effort, efforts, type ThinkingControl } from '../../src/model/request.ts'

describe('effortFromBudget', () => {
  it.each<[tokens: number, effort: Effort]>([
    [-1, 'none'],
    [0, 'none'],
    [1, 'minimal'],
    [1023, 'minimal'],
    [1024, 'low'],
    [4095, 'low'],
    [4096, 'medium'],
    [12_287, 'medium'],
    [12_288, 'high'],
    [24_575, 'high'],
    [24_576, 'xhigh'],
    [49_151, 'xhigh'],
    [49_152, 'max'],
    [200_000, 'max'],
  ])('%i tokens are %s', (tokens, effort) => {
    expect(effortFromBudget(tokens)).toBe(effort)
  })
})

describe('budgetFromEffort', () => {
  const wide = { maxOutput: 64_000, min: 1024, max: 63_999 }
  const narrow = { maxOutput: 65_536, min: 0, max: 24_576 }
  it.each<[effort: Effort, limits: typeof wide, tokens: number]>([
    ['none', wide, 0],
    ['minimal', wide, 1024],
    ['low', wide, 6400],
    ['medium', wide, 19_200],
    ['high', wide, 38_400],
    ['xhigh', wide, 57_600],
    ['max', wide, 60_800],
    ['minimal', narrow, 512],
    ['low', narrow, 6553],
    ['high', narrow, 24_576],
    ['max', narrow, 24_576],
    ['minimal', { maxOutput: 8192, min: 128, max: 256 }, 256],
  ])('%s within %j is %i', (effort, limits, tokens) => {
    expect(budgetFromEffort(effort, limits)).toBe(tokens)
  })

  it('rises with the effort', () => {
    const tokens = efforts.map((effort) => budgetFromEffort(effort, wide))
    expect(tokens).toEqual(tokens.toSorted((left, right) => left - right))
  })
})

describe('nearestEffort', () => {
  it.each<[effort: Effort, accepted: Effort[], nearest: Effort | undefined]>([
    ['medium', ['low', 'medium', 'high'], 'medium'],
    ['xhigh', ['low', 'medium', 'high', 'max'], 'high'],
    ['max', ['low', 'high'], 'high'],
    ['minimal', ['low', 'medium'], 'low'],
    ['minimal', ['none', 'low'], 'low'],
    ['medium', ['low', 'high'], 'low'],
    ['none', ['minimal', 'low'], 'minimal'],
    ['none', ['none', 'low'], 'none'],
    ['high', ['none'], undefined],
    ['low', [], undefined],
  ])('%s among %j is %s', (effort, accepted, nearest) => {
    expect(nearestEffort(effort, accepted)).toBe(nearest)
  })

  it('never switches thinking off, and stays within what is accepted', () => {
    fc.assert(
      fc.property(fc.constantFrom(...efforts), fc.subarray([...efforts]), (effort, accepted) => {
        const nearest = nearestEffort(effort, accepted)
        if (nearest !== undefined) expect(accepted).toContain(nearest)
        if (effort !== 'none') expect(nearest).not.toBe('none')
      }),
    )
  })
})

describe('wantedEffort', () => {
  it.each<[control: ThinkingControl, effort: Effort | undefined]>([
    [{ mode: 'default' }, undefined],
    [{ mode: 'on' }, undefined],
    [{ mode: 'off' }, 'none'],
    [{ mode: 'off', effort: 'high' }, 'none'],
    [{ mode: 'on', effort: 'high', budget: 1 }, 'high'],
    [{ mode: 'on', budget: 5000 }, 'medium'],
    [{ mode: 'on', budget: -1 }, undefined],
    [{ mode: 'between_tools', effort: 'low' }, 'low'],
  ])('%j wants %s', (control, effort) => {
    expect(wantedEffort(control)).toBe(effort)
  })
})
