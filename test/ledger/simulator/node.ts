import type { Command } from '../../../src/ledger/command.ts'
import { type Ledger, openLedger, type Trouble } from '../../../src/ledger/ledger.ts'
import type { Spool } from '../../../src/ledger/spool.ts'
import type { LedgerStore } from '../../../src/ledger/store.ts'
import { startSweeper } from '../../../src/ledger/sweeper.ts'
import { nano } from '../../../src/model/money.ts'
import type { Database } from './database.ts'
import { count, type Journal } from './journal.ts'
import { runRequest } from './request.ts'
import type { Life, World } from './world.ts'

/** One process on one machine: it dies, and another comes up on the same disk. */
export interface Node {
  ask(id: string): void
  credit(id: string): void
  /** kill -9 */
  kill(): void
  /** SIGSTOP, and SIGCONT after a while. */
  sleep(forMs: number): void
  start(): void
  readonly isUp: boolean
  kept(): number
}

export interface NodeParts {
  readonly world: World
  readonly database: Database
  readonly journal: Journal
  /** What the ledger itself took for a bug. */
  readonly bugs: unknown[]
  readonly name: string
  readonly sweeps: boolean
  /** Bad ledgers stand between the good one and the database. */
  wrapStore(store: LedgerStore, world: World): LedgerStore
}

export function nodeOf({ world, database, journal, bugs, name, sweeps, wrapStore }: NodeParts): Node {
  const disk: Command[] = []
  let process: Life = { isDead: true, asleepUntilMs: 0 }
  let ledger: Ledger | undefined
  const onTrouble = (trouble: Trouble): void => {
    count(journal, `trouble: ${trouble.kind}`)
    if (trouble.kind === 'bug') bugs.push(trouble.cause)
    if (trouble.kind === 'refused' && trouble.command.do === 'adjust')
      journal.writtenOff.add(trouble.command.reservation ?? '')
  }

  function start(): void {
    const life: Life = { isDead: false, asleepUntilMs: 0 }
    process = life
    const clock = world.clockOf(life)
    const store = wrapStore(livingWith(database.enroll(name), life, world), world)
    const opened = openLedger({ store, spool: spoolOn(disk, life, world), clock, onTrouble })
    ledger = opened
    if (sweeps) startSweeper({ ledger: opened, store, clock, steadyMs: 30_000, onTrouble })
  }

  return {
    get isUp() {
      return !process.isDead
    },
    start,
    kill() {
      process.isDead = true
    },
    sleep(forMs) {
      process.asleepUntilMs = world.nowMs() + forMs
    },
    kept: () => (process.isDead ? disk.length : (ledger?.kept() ?? 0)),
    ask(id) {
      if (ledger && !process.isDead)
        runRequest({ world, clock: world.clockOf(process), ledger, journal }, id).catch((error) => bugs.push(error))
    },
    credit(id) {
      if (!ledger || process.isDead) return
      const amount = nano(BigInt(100 + world.below(300)))
      const account = `user-${world.below(2)}`
      const command = { do: 'credit', id, account, amount, reason: 'paid', actor: 'test' } as const
      ledger.submit<'credit'>(command).then(({ is }) => {
        count(journal, `credit: ${is}`)
        if (is === 'done') journal.credits.set(id, amount)
      }, bugs.push)
    },
  }
}

/** Answers to a dead process reach nobody, those to a sleeping one wait. */
function livingWith(store: LedgerStore, life: Life, world: World): LedgerStore {
  const never = new Promise<never>(() => {})
  const alive = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer
    while (life.asleepUntilMs > world.nowMs())
      await new Promise<void>((resolve) => world.after(life.asleepUntilMs - world.nowMs(), resolve))
    return life.isDead ? never : value
  }
  return {
    ...store,
    commit: (commands) => alive(store.commit(commands)),
    beat: () => alive(store.beat()),
    orphans: () => alive(store.orphans()),
    shares: () => alive(store.shares()),
  }
}

function spoolOn(disk: Command[], life: Life, world: World): Spool {
  let written = 0
  return {
    left: [...disk],
    keep: (command) =>
      new Promise((resolve) => {
        written++
        world.after(1, () => {
          if (life.isDead) return
          disk.push(command)
          resolve(true)
        })
      }),
    clear() {
      const before = written
      return new Promise((resolve) => {
        world.after(1, () => {
          if (!life.isDead && written === before) disk.length = 0
          resolve()
        })
      })
    },
    close: async () => {},
  }
}
