import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Exceeded, type Limited, type Limiter, limiter, type Pass } from '../../../src/ledger/limit/limiter.ts'

let now = 1_000_000
let limits: Limiter
beforeEach(() => {
  now = 1_000_000
  limits = limiter(() => now)
})

const key = (more: Limited['limits']): Limited => ({ subject: 'key:a', limits: more })
const isPass = (answer: Pass | Exceeded): answer is Pass => 'end' in answer

describe('requests a minute', () => {
  it('are let in until the bucket is empty, then one as each comes due', () => {
    const mine = [key({ requestsPerMinute: 60 })]
    const answers = Array.from({ length: 61 }, () => limits.enter(mine, 0))
    expect(answers.filter(isPass)).toHaveLength(60)
    expect(answers[60]).toEqual({ subject: 'key:a', kind: 'requests', retryAfterMs: 1000 })
    now += 999
    expect(isPass(limits.enter(mine, 0))).toBe(false)
    now += 1
    expect(isPass(limits.enter(mine, 0))).toBe(true)
  })

  it('are told as they stand', () => {
    const mine = [key({ requestsPerMinute: 10 })]
    limits.enter(mine, 0)
    expect(limits.quota(mine)).toEqual({ requests: { limit: 10, remaining: 9, fullInMs: 6000 } })
  })
})

describe('tokens a minute', () => {
  it('are owed when an answer used more, and given back when it used less', () => {
    const mine = [key({ tokensPerMinute: 1000 })]
    const pass = limits.enter(mine, 400)
    if (!isPass(pass)) throw new Error('not let in')
    pass.used(900)
    expect(limits.enter(mine, 100)).toEqual({ subject: 'key:a', kind: 'tokens', retryAfterMs: 24_000 })
    pass.used(-900)
    expect(isPass(limits.enter(mine, 100))).toBe(true)
  })

  it('count when they are told, however long the answer took', () => {
    const mine = [key({ tokensPerMinute: 1000 })]
    const pass = limits.enter(mine, 0)
    if (!isPass(pass)) throw new Error('not let in')
    now += 10 * 60_000
    pass.used(1500)
    expect(limits.enter(mine, 100)).toMatchObject({ kind: 'tokens', retryAfterMs: 36_000 })
  })

  it('let a request in that is larger than the bucket when it is full', () => {
    const mine = [key({ tokensPerMinute: 1000 })]
    expect(isPass(limits.enter(mine, 5000))).toBe(true)
    expect(limits.enter(mine, 1)).toMatchObject({ kind: 'tokens', retryAfterMs: 240_060 })
  })
})

it('what is owed is not forgotten with who owes it', () => {
  const mine = [key({ tokensPerMinute: 60 })]
  const pass = limits.enter(mine, 60)
  if (!isPass(pass)) throw new Error('not let in')
  pass.used(600)
  pass.end()
  now += 3 * 60_000
  // Enough others come that those who are idle are looked for.
  for (let time = 0; time < 10_000; time++) limits.enter([{ subject: 'key:b', limits: { concurrency: 1 } }], 0)
  expect(limits.enter(mine, 1)).toMatchObject({ kind: 'tokens', retryAfterMs: 421_000 })
})

describe('concurrency', () => {
  it('counts what is under way, each once', () => {
    const mine = [key({ concurrency: 2 })]
    const first = limits.enter(mine, 0)
    limits.enter(mine, 0)
    expect(limits.enter(mine, 0)).toMatchObject({ kind: 'concurrency', retryAfterMs: 1000 })
    if (!isPass(first)) throw new Error('not let in')
    first.end()
    first.end()
    expect(isPass(limits.enter(mine, 0))).toBe(true)
    expect(isPass(limits.enter(mine, 0))).toBe(false)
  })
})

describe('several subjects', () => {
  it('are taken from all or none', () => {
    const both = [key({ requestsPerMinute: 5 }), { subject: 'account:b', limits: { requestsPerMinute: 1 } }]
    expect(isPass(limits.enter(both, 0))).toBe(true)
    expect(limits.enter(both, 0)).toMatchObject({ subject: 'account:b', retryAfterMs: 60_000 })
    expect(limits.quota([key({ requestsPerMinute: 5 })]).requests?.remaining).toBe(4)
    expect(limits.quota(both).requests).toEqual({ limit: 1, remaining: 0, fullInMs: 60_000 })
  })

  it('never let in more than a bucket and what came due, whatever the order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 200 }),
        (perMinute, pauses) => {
          let time = 0
          const own = limiter(() => time)
          let entered = 0
          for (const pause of pauses) {
            time += pause
            if (isPass(own.enter([key({ requestsPerMinute: perMinute })], 0))) entered++
          }
          expect(entered).toBeLessThanOrEqual(perMinute + Math.ceil((time * perMinute) / 60_000))
        },
      ),
    )
  })

  it('a clock that goes back gives nothing', () => {
    const mine = [key({ requestsPerMinute: 1 })]
    limits.enter(mine, 0)
    now -= 3_600_000
    expect(isPass(limits.enter(mine, 0))).toBe(false)
  })
})
