import { describe, expect, it } from 'vitest'
import type { Answer } from '../../src/ledger/answer.ts'
import type { Clock } from '../../src/ledger/clock.ts'
import type { Command } from '../../src/ledger/command.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import { patience, patienceOnDisk } from '../../src/ledger/patience.ts'
import type { Committed, LedgerStore } from '../../src/ledger/store.ts'
import { nano } from '../../src/model/money.ts'
import { noSpool } from './no-spool.ts'
import { worldOf } from './simulator/world.ts'

// How long requests wait for a database that is slow, and for a process that is busy.

const reserved: Answer = { is: 'reserved', amount: nano(5n), repeated: false }
const settled: Answer = { is: 'settled', charged: nano(5n), excess: nano(0n), repeated: false }
const well = (commands: readonly Command[]): Committed => ({
  ok: true,
  answers: commands.map(({ do: verb }) => (verb === 'reserve' ? reserved : settled)),
})
const reserve = (id: string) => ({ do: 'reserve', id, holds: [{ account: 'a' }], amount: nano(5n) }) as const
const settle = (id: string) => ({ do: 'settle', id, charge: nano(5n), costs: [], source: 'vendor' }) as const

const nothing: Omit<LedgerStore, 'commit'> = {
  node: 'one',
  epoch: 1,
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

/** A ledger on virtual time whose commits take so long. */
function rig(commitMs: number, waits = patience) {
  const world = worldOf(1)
  const batches: (readonly Command[])[] = []
  const commit = (commands: readonly Command[]): Promise<Committed> => {
    batches.push(commands)
    return new Promise((resolve) => void world.after(commitMs, () => resolve(well(commands))))
  }
  const clock = world.clockOf({ isDead: false, asleepUntilMs: 0 })
  const store = { ...nothing, commit }
  const ledger = openLedger({ store, spool: noSpool(), clock, patience: waits, onTrouble: () => {} })
  const pass = (ms: number): Promise<void> => world.runUntil(world.nowMs() + ms, () => {})
  /** So many requests at once: when each was answered, and how. */
  const ask = (count: number) => {
    const startMs = world.nowMs()
    return Promise.all(
      Array.from({ length: count }, async (_, at) => {
        const { is } = await ledger.submit<'reserve'>(reserve(`${at}`))
        return { is, tookMs: world.nowMs() - startMs }
      }),
    )
  }
  return { ledger, batches, pass, ask }
}

const count = (answers: readonly { readonly is: string }[], is: string): number =>
  answers.filter((answer) => answer.is === is).length

describe('a database that is slow', () => {
  it('turns requests away after 250 ms, all of them, however many ask', async () => {
    const { ask, pass } = rig(12_000)
    const asked = ask(1_000)
    await pass(250)
    const answers = await asked
    expect(new Set(answers.map(({ is }) => is))).toEqual(new Set(['unavailable']))
    expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBe(250)
  })

  it('does not see its queue grow', async () => {
    const { batches, ledger, pass } = rig(12_000)
    for (let at = 0; at < 100; at++) {
      void ledger.submit<'reserve'>(reserve(`${at}`))
      await pass(250)
    }
    expect(batches.length).toBeGreaterThan(1)
    // What the commit before took along is taken back, and who came last is taken along: those in between have left.
    for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(3)
  })

  it('but takes one commit after the other is waited for, a second at most', async () => {
    const { ask, pass } = rig(240)
    const asked = ask(1_000)
    await pass(1_100)
    const answers = await asked
    expect(count(answers, 'reserved')).toBe(4 * 128)
    expect(count(answers, 'unavailable')).toBe(1_000 - 4 * 128)
    expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBe(1_000)
  })
})

describe('a disk that takes half a second and more to write', () => {
  it('serves as many as it can in two seconds, and turns away the rest', async () => {
    const { ask, pass } = rig(600, patienceOnDisk)
    const asked = ask(1_000)
    await pass(2_100)
    const answers = await asked
    expect(count(answers, 'reserved')).toBe(3 * 128)
    expect(count(answers, 'unavailable')).toBe(1_000 - 3 * 128)
  })

  it('serves all of a load that fits in its commits', async () => {
    const { ledger, pass } = rig(500, patienceOnDisk)
    const asked: Promise<{ readonly is: string }>[] = []
    for (let at = 0; at < 500; at++) {
      asked.push(ledger.submit<'reserve'>(reserve(`${at}`)))
      await pass(10)
    }
    await pass(1_000)
    expect(count(await Promise.all(asked), 'reserved')).toBe(500)
  })
})

describe('a process that was busy', () => {
  /** A clock whose timers run when they are told to, however late. */
  function lateClock() {
    const timers: { run: () => void }[] = []
    const clock: Clock = {
      nowMs: () => 0,
      random: () => 0,
      after(_, run) {
        const timer = { run }
        timers.push(timer)
        return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0)
      },
    }
    const runAll = (): void => {
      for (const { run } of timers.splice(0)) run()
    }
    return { clock, runAll }
  }

  it('reads what has come meanwhile before it says that nothing came', async () => {
    const { clock, runAll } = lateClock()
    const { promise, resolve } = Promise.withResolvers<Committed>()
    const store = { ...nothing, commit: () => promise }
    const ledger = openLedger({ store, spool: noSpool(), clock, onTrouble: () => {} })
    const asked = ledger.submit<'reserve'>(reserve('a'))
    // The commit is sent, and more than the deadline goes by before anything else is done here.
    runAll()
    runAll()
    resolve({ ok: true, answers: [reserved] })
    expect(await asked).toEqual(reserved)
  })
})

describe('what is kept while the database is away', () => {
  it('is written in the order in which it was asked', async () => {
    let isAway = true
    const written: Command[] = []
    const world = worldOf(1)
    const commit = async (commands: readonly Command[]): Promise<Committed> => {
      if (isAway) return { ok: false, cause: 'away' }
      written.push(...commands)
      return well(commands)
    }
    const clock = world.clockOf({ isDead: false, asleepUntilMs: 0 })
    const spool = noSpool()
    const ledger = openLedger({ store: { ...nothing, commit }, spool, clock, onTrouble: () => {} })
    const pass = (ms: number): Promise<void> => world.runUntil(world.nowMs() + ms, () => {})
    const ids = Array.from({ length: 300 }, (_, at) => `${at}`)
    for (const id of ids) {
      void ledger.submit<'settle'>(settle(id))
      await pass(2_000)
    }
    // Ten minutes later.
    expect([ledger.kept(), written.length]).toEqual([300, 0])
    isAway = false
    await pass(2_000)
    expect(written.map((command) => 'id' in command && command.id)).toEqual(ids)
    expect([ledger.kept(), spool.cleared]).toEqual([0, 1])
  })
})
