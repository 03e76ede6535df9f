import { describe, expect, it } from 'vitest'
import type { Answer } from '../../src/ledger/answer.ts'
import type { Command } from '../../src/ledger/command.ts'
import { openLedger, type Trouble } from '../../src/ledger/ledger.ts'
import type { Committed, LedgerStore } from '../../src/ledger/store.ts'
import { startSweeper } from '../../src/ledger/sweeper.ts'
import { nano } from '../../src/model/money.ts'
import { noSpool } from './no-spool.ts'
import { worldOf } from './simulator/world.ts'

const away: Committed = { ok: false, cause: 'away' }

/** A ledger on virtual time, over a store that does what it is told. */
function rig(
  commit: (commands: readonly Command[], at: number) => Committed,
  left: readonly Command[] = [],
  commitMs = 3,
) {
  const world = worldOf(1)
  const batches: (readonly Command[])[] = []
  const troubles: Trouble[] = []
  const spool = noSpool(left)
  const store: LedgerStore = {
    node: 'one',
    epoch: 1,
    commit: (commands) =>
      new Promise((resolve, reject) => {
        batches.push(commands)
        world.after(commitMs, () => {
          try {
            resolve(commit(commands, batches.length))
          } catch (error) {
            reject(error)
          }
        })
      }),
    beat: async () => 0,
    orphans: async () => [],
    shares: async () => [],
    audit: async () => ({ ok: false }),
    account: async () => undefined,
    reservation: async () => undefined,
    operation: async () => [],
    transfersOf: async () => [],
    statement: async () => [],
    close: async () => {},
  }
  const clock = world.clockOf({ isDead: false, asleepUntilMs: 0 })
  const ledger = openLedger({ store, spool, clock, onTrouble: (trouble) => troubles.push(trouble) })
  const pass = (ms: number): Promise<void> => world.runUntil(world.nowMs() + ms, () => {})
  return { ledger, store, spool, clock, batches, troubles, pass }
}

const reserved: Answer = { is: 'reserved', amount: nano(5n), repeated: false }
const settled: Answer = { is: 'settled', charged: nano(5n), excess: nano(0n), repeated: false }
const well = (commands: readonly Command[]): Committed => ({
  ok: true,
  answers: commands.map((command) => (command.do === 'reserve' ? reserved : settled)),
})
const reserve = (id: string) => ({ do: 'reserve', id, holds: [{ account: 'a' }], amount: nano(5n) }) as const
const settle = (id: string) => ({ do: 'settle', id, charge: nano(5n), costs: [], source: 'vendor' }) as const

describe('commands share commits', () => {
  it('those of one moment, at most 128', async () => {
    const { ledger, batches, pass } = rig(well)
    const asked = Array.from({ length: 300 }, (_, at) => ledger.submit<'reserve'>(reserve(`${at}`)))
    await pass(20)
    expect(await Promise.all(asked)).toHaveLength(300)
    expect(batches.map(({ length }) => length)).toEqual([128, 128, 44])
  })

  it('and an end of a request waits two milliseconds for others, unless one of them is in a hurry', async () => {
    const { ledger, batches, pass } = rig(well)
    const first = ledger.submit<'settle'>(settle('a'))
    await pass(1)
    expect(batches).toHaveLength(0)
    const second = ledger.submit<'reserve'>(reserve('b'))
    await pass(0)
    expect(batches.map(({ length }) => length)).toEqual([2])
    await pass(10)
    expect([(await first).is, (await second).is]).toEqual(['settled', 'reserved'])
    void ledger.submit<'settle'>(settle('c'))
    await pass(2)
    expect(batches).toHaveLength(2)
  })

  it('and an end that comes during a commit still waits for others after it', async () => {
    const { ledger, batches, pass } = rig(well)
    void ledger.submit<'reserve'>(reserve('a'))
    await pass(2)
    void ledger.submit<'settle'>(settle('b'))
    await pass(1)
    expect(batches).toHaveLength(1)
    await pass(1)
    expect(batches.map(({ length }) => length)).toEqual([1, 1])
  })

  it('at once while they are few, and every two milliseconds at most while they are many', async () => {
    const { ledger, batches, pass } = rig(well, [], 0)
    const begins = async (requestsPerMs: number): Promise<number> => {
      const before = batches.length
      for (let ms = 0; ms < 100; ms++) {
        for (let n = 0; n < requestsPerMs; n++) void ledger.submit<'reserve'>(reserve(`${before}/${ms}/${n}`))
        await pass(1)
      }
      return batches.length - before
    }
    expect(await begins(1)).toBe(100)
    await begins(8)
    expect(await begins(8)).toBeLessThanOrEqual(51)
    await pass(100)
    expect(await begins(1)).toBe(100)
  })
})

describe('a database that is away', () => {
  it('turns requests away after 250 ms, and takes back what it may have taken', async () => {
    let isAway = true
    const { ledger, batches, troubles, pass } = rig((commands) => (isAway ? away : well(commands)))
    const asked = ledger.submit<'reserve'>(reserve('a'))
    await pass(250)
    expect(await asked).toEqual({ is: 'unavailable' })
    isAway = false
    await pass(2_000)
    expect(batches.at(-1)).toEqual([{ do: 'void', id: 'a', ticket: 1, reason: 'answered too late' }])
    expect(troubles.map(({ kind }) => kind)).toEqual(['unavailable', 'available'])
  })

  it('turns requests away at once when ten thousand wait', async () => {
    const { ledger, pass } = rig(() => away)
    for (let at = 0; at < 10_000; at++) void ledger.submit<'credit'>(credit(`${at}`))
    const asked = ledger.submit<'reserve'>(reserve('a'))
    await pass(0)
    expect(await asked).toEqual({ is: 'unavailable' })
  })

  it('keeps ends of requests on disk until they are written', async () => {
    let isAway = true
    const { ledger, batches, spool, pass } = rig((commands) => (isAway ? away : well(commands)))
    const asked = ledger.submit<'settle'>(settle('a'))
    await pass(1_100)
    expect(await asked).toEqual({ is: 'kept' })
    expect(spool.kept).toEqual([settle('a')])
    expect(ledger.kept()).toBe(1)
    isAway = false
    await pass(2_000)
    expect(batches.at(-1)).toEqual([settle('a')])
    expect(ledger.kept()).toBe(0)
    expect(spool.cleared).toBe(1)
  })

  it('is asked less and less often, at least every two seconds', async () => {
    const { ledger, batches, pass } = rig(() => away)
    void ledger.submit<'settle'>(settle('a'))
    await pass(60_000)
    expect(batches.length).toBeGreaterThan(55)
    expect(batches.length).toBeLessThan(80)
  })

  it('is written what the last process kept, before anybody is swept', async () => {
    let isAway = true
    const { ledger, store, spool, clock, batches, pass } = rig(
      (commands) => (isAway ? away : well(commands)),
      [settle('left')],
    )
    let sweeps = 0
    const orphans = async () => {
      sweeps++
      return []
    }
    startSweeper({ ledger, store: { ...store, orphans }, clock, steadyMs: 0, onTrouble: () => {} })
    await pass(15_000)
    expect([ledger.kept(), sweeps]).toEqual([1, 0])
    isAway = false
    await pass(15_000)
    expect(batches.at(-1)).toEqual([settle('left')])
    expect([ledger.kept(), spool.cleared]).toEqual([0, 1])
    expect(sweeps).toBeGreaterThan(0)
  })
})

const credit = (id: string) => ({ do: 'credit', id, account: 'a', amount: nano(5n), reason: '', actor: '' }) as const

describe('a bug', () => {
  it('is thrown to whoever asked for it, and the others of the batch go on', async () => {
    const { ledger, batches, pass } = rig((commands) => {
      if (commands.some((command) => 'id' in command && command.id === 'poison')) throw new Error('one row is missing')
      return well(commands)
    })
    const asked = ['a', 'poison', 'b'].map((id) => ledger.submit<'settle'>(settle(id)))
    const ends = Promise.allSettled(asked)
    await pass(50)
    expect((await ends).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(batches.map(({ length }) => length)).toEqual([3, 1, 1, 1])
  })
})

describe('a sweeper', () => {
  it('judges nobody until it was itself heard of for half a minute', async () => {
    const { ledger, store, clock, pass } = rig(well)
    const sweptAt: number[] = []
    let gapMs = 10_000
    const orphans = async () => {
      sweptAt.push(clock.nowMs())
      return []
    }
    startSweeper({
      ledger,
      store: { beat: async () => gapMs, orphans, shares: async () => [] },
      clock,
      steadyMs: 30_000,
      onTrouble: () => {},
    })
    await pass(45_000)
    expect(sweptAt).toEqual([30_000, 40_000])
    // The database was away for a minute, for everybody.
    gapMs = 60_000
    await pass(10_000)
    gapMs = 10_000
    await pass(24_000)
    expect(sweptAt).toEqual([30_000, 40_000])
    await pass(10_000)
    expect(sweptAt).toEqual([30_000, 40_000, 80_000])
    void store
  })
})

describe('closing', () => {
  it('waits for what was asked, and takes nothing more', async () => {
    const { ledger, batches, pass } = rig(well)
    const asked = ledger.submit<'settle'>(settle('a'))
    const closed = ledger.close()
    await pass(20)
    await closed
    expect((await asked).is).toBe('settled')
    expect(batches).toHaveLength(1)
    await expect(ledger.submit<'settle'>(settle('b'))).rejects.toThrow('closed')
  })

  it('leaves in the spool what cannot be written', async () => {
    const { ledger, spool, pass } = rig(() => away)
    const asked = ledger.submit<'settle'>(settle('a'))
    const closed = ledger.close()
    await pass(5_000)
    await closed
    expect(await asked).toEqual({ is: 'kept' })
    expect([spool.kept.length, spool.cleared]).toEqual([1, 0])
  })
})
