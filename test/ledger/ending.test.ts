import { describe, expect, it } from 'vitest'
import { billed, type Ending, type EndingKind } from '../../src/ledger/ending.ts'
import { usageOf } from '../../src/model/usage.ts'

const counted = { input: 100, output: 40 }
const whole = usageOf({ input: 50, cacheRead: 60, output: 30, reasoning: 20 })
const begun = usageOf({ input: 50, cacheRead: 60, output: 1 })
const zeros = usageOf({})

const table: readonly (readonly [how: EndingKind, told: Ending['told'], usage: Ending['told'], source: string])[] = [
  ['complete', whole, whole, 'vendor'],
  ['complete', begun, begun, 'vendor'],
  ['complete', zeros, zeros, 'vendor'],
  ['complete', undefined, usageOf(counted), 'counted'],
  ['left', begun, usageOf({ ...begun, output: 40 }), 'vendor and counted'],
  ['left', whole, whole, 'vendor'],
  ['left', zeros, zeros, 'vendor'],
  ['left', undefined, usageOf(counted), 'counted'],
  ['cut', begun, usageOf({ ...begun, output: 40 }), 'vendor and counted'],
  ['cut', whole, whole, 'vendor'],
  ['cut', zeros, zeros, 'vendor'],
  ['cut', undefined, usageOf(counted), 'counted'],
  ['complete', usageOf({ input: 5, output: 1e308 }), usageOf(counted), 'counted'],
  ['complete', usageOf({ input: 1e12, output: 5 }), usageOf(counted), 'counted'],
  ['cut', usageOf({ input: 5, output: 5, searches: 2 ** 53 }), usageOf(counted), 'counted'],
  ['nothing', whole, zeros, 'none'],
  ['nothing', undefined, zeros, 'none'],
]

describe('what is billed', () => {
  for (const [how, told, usage, source] of table)
    it(`when it ended "${how}" and ${told === undefined ? 'nothing' : JSON.stringify(told)} was told`, () =>
      expect(billed({ how, told, counted })).toMatchObject({
        usage: usage === zeros ? zeros : { ...usage, requests: 1 },
        source,
      }))

  it('costs the operator the same, and what the vendor used for nothing', () => {
    expect(billed({ how: 'cut', told: begun, counted }).spent).toEqual(usageOf({ ...begun, output: 40, requests: 1 }))
    expect(billed({ how: 'nothing', told: begun, counted })).toEqual({
      usage: zeros,
      source: 'none',
      spent: usageOf({ ...begun, requests: 1 }),
    })
    for (const told of [undefined, zeros, usageOf({ output: 1e12 })])
      expect(billed({ how: 'nothing', told, counted }).spent).toEqual(zeros)
  })

  it('never counts thoughts twice', () => {
    const thought = usageOf({ input: 5, output: 1, reasoning: 60 })
    expect(billed({ how: 'cut', told: thought, counted })).toMatchObject({
      usage: { ...thought, requests: 1 },
      source: 'vendor',
    })
  })
})
