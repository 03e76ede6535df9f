import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Limited, limiter, type Pass } from '../../../src/ledger/limit/limiter.ts'
import { conversation } from '../../../src/ledger/limit/sharing.ts'
import type { LimitUses, SaidUses } from '../../../src/store/limit-uses.ts'

// One limit over several processes that tell each other what they let in.

let now = 0
let rows: Map<string, SaidUses>
beforeEach(() => {
  now = 1_000_000
  rows = new Map()
})

const uses: LimitUses = {
  say: async (said) => void rows.set(said.process, said),
  ofOthers: async (process) => [...rows.values()].filter((row) => row.process !== process),
  forget: async (process) => void rows.delete(process),
}

function start(process: string) {
  const limits = limiter(() => now)
  const talk = conversation({ limiter: limits, uses, process, clock: () => now })
  const enter = (one: Limited['limits'], tokens = 0): Pass | undefined => {
    const answer = limits.enter([{ subject: 'key:a', limits: one }], tokens)
    return 'end' in answer ? answer : undefined
  }
  return { enter, exchange: () => talk.exchange(), limits }
}

type Process = ReturnType<typeof start>

/** What happens every second: each says its own and hears what was said before. */
async function second(...processes: readonly Process[]): Promise<void> {
  now += 1_000
  for (const one of processes) await one.exchange()
}

const admitted = ({ enter }: Process, times: number, limits: Limited['limits']): number =>
  Array.from({ length: times }, () => enter(limits)).filter((pass) => pass !== undefined).length

describe('a limit that is shared', () => {
  const sixty = { requestsPerMinute: 60 }

  it('is used by all together', async () => {
    const [a, b] = [start('a'), start('b')]
    expect([admitted(a, 30, sixty), admitted(b, 20, sixty)]).toEqual([30, 20])
    await second(a, b)
    await second(a, b)
    // Ten are left, and two have come due.
    expect([admitted(a, 20, sixty)]).toEqual([12])
    await second(a, b)
    expect(admitted(b, 20, sixty)).toBe(1)
  })

  it('of tokens is charged and corrected elsewhere too', async () => {
    const [a, b] = [start('a'), start('b')]
    const limits = { tokensPerMinute: 6_000 }
    b.enter(limits)
    const pass = a.enter(limits, 6_000)
    await second(a, b)
    await second(a, b)
    expect(b.enter(limits, 1_000)).toBeUndefined()
    pass?.used(-5_000)
    await second(a, b)
    await second(a, b)
    expect(b.enter(limits, 5_000)).toBeDefined()
  })

  it('holds for who was never asked before, as far as it is not made good again', async () => {
    const [a, b] = [start('a'), start('b')]
    admitted(a, 60, sixty)
    await second(a, b)
    await second(a, b)
    now += 8_000
    expect(admitted(b, 60, sixty)).toBe(9)
  })

  it('counts every word once, also for who was away a while or has just begun', async () => {
    const [a, b] = [start('a'), start('b')]
    const left = ({ limits }: Process) => limits.quota([{ subject: 'key:a', limits: sixty }]).requests?.remaining
    for (let time = 0; time < 10; time++) {
      admitted(a, 1, sixty)
      await a.exchange()
    }
    const c = start('c')
    for (let time = 0; time < 3; time++) for (const one of [a, b, c]) await one.exchange()
    expect([a, b, c].map(left)).toEqual([50, 50, 50])
    // Nothing of it is heard again after a silence, by those who have forgotten who spoke.
    now += 20 * 60_000
    await second(a, b, c)
    admitted(a, 1, sixty)
    for (let time = 0; time < 3; time++) for (const one of [a, b, c]) await one.exchange()
    expect([a, b, c].map(left)).toEqual([59, 59, 59])
  })

  it('never lets in more than itself, what came due, and what came in one exchange', async () => {
    const most = 4
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.array(fc.integer({ min: 0, max: most }), { minLength: 4, maxLength: 4 }), { maxLength: 60 }),
        async (count, requestsPerMinute, arrivals) => {
          rows = new Map()
          const startedAtMs = now
          const processes = Array.from({ length: count }, (_, at) => start(String(at)))
          let total = 0
          for (const some of arrivals) {
            for (const [at, one] of processes.entries()) total += admitted(one, some[at] ?? 0, { requestsPerMinute })
            await second(...processes)
            // Who spoke first hears the last now.
            for (const one of processes) await one.exchange()
          }
          const due = ((now - startedAtMs) * requestsPerMinute) / 60_000
          expect(total).toBeLessThanOrEqual(requestsPerMinute + Math.ceil(due) + count * most)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('requests at once', () => {
  const two = { concurrency: 2 }
  let a: Process
  let b: Process
  let passes: (Pass | undefined)[]
  beforeEach(async () => {
    ;[a, b] = [start('a'), start('b')]
    passes = [a.enter(two), a.enter(two)]
    await second(a, b)
    expect(b.enter(two)).toBeUndefined()
  })

  it('are free elsewhere when they are over', async () => {
    passes[0]?.end()
    await second(a, b)
    const own = b.enter(two)
    expect(own).toBeDefined()
    await second(b, a)
    expect([a.enter(two), b.enter(two)]).toEqual([undefined, undefined])
    passes[1]?.end()
    own?.end()
    await second(a, b)
    await second(a, b)
    expect([b.enter(two), b.enter(two), b.enter(two)].filter(Boolean)).toHaveLength(2)
  })

  it('stay taken for as long as they last', async () => {
    for (let time = 0; time < 100; time++) await second(a, b)
    expect(b.enter(two)).toBeUndefined()
  })

  it('are free when their process has closed', async () => {
    await uses.forget('a')
    await second(b)
    expect(b.enter(two)).toBeDefined()
  })

  it('are free when their process has died, after a while, and it is forgotten', async () => {
    for (let time = 0; time < 14; time++) await second(b)
    expect(b.enter(two)).toBeUndefined()
    for (let time = 0; time < 3; time++) await second(b)
    expect(b.enter(two)).toBeDefined()
    now += 600_000
    await second(b)
    expect([...rows.keys()]).toEqual(['b'])
  })
})

it('somebody who has nothing to say says nothing', async () => {
  const a = start('a')
  await second(a)
  expect(rows.size).toBe(0)
})
