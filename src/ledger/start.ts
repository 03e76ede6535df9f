import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import type { Difference } from './audit.ts'
import { type Auditor, startAuditor } from './auditor.ts'
import { realClock } from './clock.ts'
import type { Command } from './command.ts'
import { openFileSpool } from './file-spool.ts'
import { type Ledger, openLedger, type Trouble } from './ledger.ts'
import type { Lives } from './lives.ts'
import { patienceOnDisk, patience as patienceWithDatabase } from './patience.ts'
import type { Spool } from './spool.ts'
import { openSqliteLedger } from './sqlite/store.ts'
import type { LedgerStore } from './store.ts'
import { deadAfterMs, type Sweeper, startSweeper } from './sweeper.ts'

/** The ledger with those who look after it. */
export interface RunningLedger {
  readonly ledger: Ledger
  /** For reading. */
  readonly store: Omit<LedgerStore, 'commit' | 'close'> & Lives
  readonly sweeper: Pick<Sweeper, 'swept'>
  readonly auditor: Pick<Auditor, 'differences'>
  close(): Promise<void>
}

export interface Listeners {
  onTrouble(trouble: Trouble): void
  onDifference(difference: Difference): void
  onCommit?(commit: SeenCommit): void
  /** A request that a dead process left open was ended. */
  onSwept?(id: string): void
}

/** A commit that was tried. */
export interface SeenCommit {
  readonly commands: readonly Command[]
  /** Absent: the database did not take it. */
  readonly answers?: readonly Answer[]
  readonly durationMs: number
}

/** Where the ledger is kept. */
export interface LedgerPlace {
  /** Of this process alone; `:memory:` keeps nothing. */
  readonly dataDirectory: string
  /** Of the PostgreSQL database that holds it, instead of a file in the directory. */
  readonly databaseUrl?: string
}

/**
 * Opens the ledger, writes what the last process left in its spool, and ends the requests that it left open.
 * @throws Error when it cannot be opened.
 */
export async function startLedger(place: LedgerPlace, listeners: Listeners): Promise<RunningLedger> {
  const directory = place.dataDirectory === ':memory:' ? undefined : place.dataDirectory
  const store = watched(await openLedgerStore(place.databaseUrl, directory), listeners.onCommit)
  const spool = directory === undefined ? memorySpool() : await openFileSpool(join(directory, 'ledger.spool'))
  const clock = realClock
  const patience = place.databaseUrl === undefined ? patienceOnDisk : patienceWithDatabase
  const ledger = openLedger({ store, spool, clock, patience, onTrouble: listeners.onTrouble })
  const { onSwept, onTrouble } = listeners
  const ends = { onTrouble, ...(onSwept && { onSwept }) }
  // What an earlier process of this place left open is dead for certain, and a file has only such.
  const sweepers = [startSweeper({ ledger, store: ofEarlierLives(store), clock, steadyMs: 0, ...ends })]
  if (place.databaseUrl !== undefined)
    sweepers.push(startSweeper({ ledger, store, clock, steadyMs: deadAfterMs, ...ends }))
  const auditor = startAuditor({ store, clock, ...listeners })
  return {
    ledger,
    store,
    sweeper: { swept: () => sweepers.reduce((sum, sweeper) => sum + sweeper.swept(), 0) },
    auditor,
    async close() {
      await Promise.all([...sweepers, auditor].map((one) => one.close()))
      await ledger.close()
    },
  }
}

function watched<S extends LedgerStore>(store: S, onCommit: Listeners['onCommit']): S {
  if (!onCommit) return store
  return {
    ...store,
    async commit(commands) {
      const startedAtMs = performance.now()
      const committed = await store.commit(commands)
      const durationMs = performance.now() - startedAtMs
      onCommit({ commands, durationMs, ...(committed.ok && { answers: committed.answers }) })
      return committed
    },
  }
}

const ofEarlierLives = (store: LedgerStore): Pick<LedgerStore, 'beat' | 'orphans' | 'shares'> => ({
  // Whoever used them, the other sweeper sends them home.
  shares: async () => [],
  beat: async () => 0,
  orphans: async () => (await store.orphans()).filter(({ node, epoch }) => node === store.node && epoch < store.epoch),
})

async function openLedgerStore(url: string | undefined, directory: string | undefined): Promise<LedgerStore & Lives> {
  if (url !== undefined) {
    const store = await (await import('./postgres/store.ts')).openPostgresLedger({ url, node: nodeOf(directory) })
    return { ...store, close: () => promptly(store.close()) }
  }
  return openSqliteLedger(directory === undefined ? ':memory:' : join(directory, 'ledger.db'))
}

/** A database that is silent never says good-bye. Everything that matters has been answered or is in the spool by then. */
const promptly = (closing: Promise<void>): Promise<void> =>
  Promise.race([closing, setTimeout(farewellMs, undefined, { ref: false })])

const farewellMs = 1_000

/** A name that no other process has at the same time: of the machine, as a directory may be copied to another. */
function nodeOf(directory: string | undefined): string {
  if (directory === undefined) return randomUUID()
  const path = join(directory, 'ledger.node')
  if (!existsSync(path)) writeFileSync(path, randomUUID(), { mode: 0o600, flush: true })
  return `${hostname()}/${readFileSync(path, 'utf8')}`
}

/** What is kept in memory is gone with it, as everything else is there. */
function memorySpool(): Spool {
  const kept: Command[] = []
  return {
    left: [],
    keep: async (command) => kept.push(command) > 0,
    clear: async () => {
      kept.length = 0
    },
    close: async () => {},
  }
}
