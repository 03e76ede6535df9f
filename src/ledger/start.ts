import { join } from 'node:path'
import type { Difference } from './audit.ts'
import { type Auditor, startAuditor } from './auditor.ts'
import { realClock } from './clock.ts'
import type { Command } from './command.ts'
import { openFileSpool } from './file-spool.ts'
import { type Ledger, openLedger, type Trouble } from './ledger.ts'
import type { Spool } from './spool.ts'
import { openSqliteLedger } from './sqlite/store.ts'
import type { LedgerStore } from './store.ts'
import { type Sweeper, startSweeper } from './sweeper.ts'

/** The ledger with those who look after it. */
export interface RunningLedger {
  readonly ledger: Ledger
  /** For reading. */
  readonly store: Omit<LedgerStore, 'commit' | 'close'>
  readonly sweeper: Pick<Sweeper, 'swept'>
  readonly auditor: Pick<Auditor, 'differences'>
  close(): Promise<void>
}

export interface Listeners {
  onTrouble(trouble: Trouble): void
  onDifference(difference: Difference): void
}

/**
 * Opens the ledger in a directory (`:memory:` keeps nothing), writes what the last process left in its spool, and ends the
 * requests that it left open.
 * @throws Error when it cannot be opened.
 */
export async function startLedger(directory: string, listeners: Listeners): Promise<RunningLedger> {
  const isKept = directory !== ':memory:'
  const store = await openSqliteLedger(isKept ? join(directory, 'ledger.db') : directory)
  const spool = isKept ? await openFileSpool(join(directory, 'ledger.spool')) : memorySpool()
  const clock = realClock
  const ledger = openLedger({ store, spool, clock, onTrouble: listeners.onTrouble })
  // Nobody else writes this file: whatever another process left open is dead.
  const sweeper = startSweeper({ ledger, store, clock, steadyMs: 0, onTrouble: listeners.onTrouble })
  const auditor = startAuditor({ store, clock, ...listeners })
  return {
    ledger,
    store,
    sweeper,
    auditor,
    async close() {
      await Promise.all([sweeper.close(), auditor.close()])
      await ledger.close()
    },
  }
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
