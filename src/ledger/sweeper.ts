import type { Clock } from './clock.ts'
import { idleWatch } from './lease/idle.ts'
import type { Ledger, Trouble } from './ledger.ts'
import type { LedgerStore, Orphan } from './store.ts'

/** Ends what dead processes left open, and sends home what nobody uses any more. */
export interface Sweeper {
  /** How many reservations were ended so far. */
  swept(): number
  close(): Promise<void>
}

export interface SweeperParts {
  readonly ledger: Pick<Ledger, 'submit' | 'kept'>
  readonly store: Pick<LedgerStore, 'beat' | 'orphans' | 'shares'>
  readonly clock: Clock
  /**
   * How long this process must have been heard of without a gap before it judges others: when the database was away,
   * nobody could be heard of. 0 where nobody else is.
   */
  readonly steadyMs: number
  onTrouble(trouble: Trouble): void
  /** One was ended: settled or voided. */
  onSwept?(id: string): void
}

/** A share that is not touched from one round to the next goes home: after 20 seconds, or at once when somebody needs it. */
export const beatEveryMs = 10_000
/** A process that was not heard of for this long is dead. */
export const deadAfterMs = 30_000

/** Sweeps at once and then every ten seconds. */
export function startSweeper({ ledger, store, clock, steadyMs, onTrouble, onSwept }: SweeperParts): Sweeper {
  let steadySinceMs = clock.nowMs()
  let swept = 0
  let isClosed = false
  let callOff: (() => void) | undefined
  let round = Promise.resolve()
  const idleOf = idleWatch()

  async function once(): Promise<void> {
    const gapMs = await store.beat()
    if (gapMs === undefined || gapMs > 2 * beatEveryMs) steadySinceMs = clock.nowMs()
    const idle = idleOf(await store.shares())
    await Promise.all(idle.map(({ id, version }) => ledger.submit<'return'>({ do: 'return', share: id, version })))
    if (clock.nowMs() - steadySinceMs < steadyMs) return
    // Better than a checkpoint is what the dead process itself wrote down at the end.
    if (ledger.kept() > 0) return
    await Promise.all((await store.orphans()).map(sweep))
  }

  async function sweep({ id, node, epoch }: Orphan): Promise<void> {
    const { is } = await ledger.submit<'sweep'>({ do: 'sweep', id, node, epoch })
    if (is !== 'settled' && is !== 'voided') return
    swept++
    onSwept?.(id)
  }

  function run(): void {
    round = once()
      .catch((cause: unknown) => onTrouble({ kind: 'bug', cause }))
      .then(() => {
        if (!isClosed) callOff = clock.after(beatEveryMs, run)
      })
  }
  run()

  return {
    swept: () => swept,
    close() {
      isClosed = true
      callOff?.()
      return round
    },
  }
}
