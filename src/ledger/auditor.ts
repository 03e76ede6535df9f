import type { Difference } from './audit.ts'
import type { Pass } from './audit-texts.ts'
import type { Clock } from './clock.ts'
import type { Trouble } from './ledger.ts'
import type { LedgerStore } from './store.ts'

/** Compares balances with their history, again and again, a few thousand transfers at a time. */
export interface Auditor {
  /** Found so far: none, when all is well. */
  differences(): readonly Difference[]
  close(): Promise<void>
}

export interface AuditorParts {
  readonly store: Pick<LedgerStore, 'audit'>
  readonly clock: Clock
  onDifference(difference: Difference): void
  onTrouble(trouble: Trouble): void
}

const auditEveryMs = 10_000
/** Until it has caught up. */
const nextSliceMs = 100

export function startAuditor({ store, clock, onDifference, onTrouble }: AuditorParts): Auditor {
  /** By account and figure: a difference that stays is one. */
  const found = new Map<string, Difference>()
  let isClosed = false
  let callOff: (() => void) | undefined
  let round = Promise.resolve()

  async function once(): Promise<number> {
    const audited = await store.audit('next')
    if (!audited.ok) return auditEveryMs
    for (const difference of audited.differences) {
      const name = `${difference.figure} ${difference.account}`
      if (!found.has(name)) onDifference(difference)
      found.set(name, difference)
    }
    return audited.isCaughtUp ? auditEveryMs : nextSliceMs
  }

  function run(): void {
    round = once()
      .catch((cause: unknown) => {
        onTrouble({ kind: 'bug', cause })
        return auditEveryMs
      })
      .then((delayMs) => {
        if (!isClosed) callOff = clock.after(delayMs, run)
      })
  }
  callOff = clock.after(auditEveryMs, run)

  return {
    differences: () => [...found.values()],
    close() {
      isClosed = true
      callOff?.()
      return round
    },
  }
}

/** All of it from the first transfer on, however long that takes; undefined when the database is away. */
export async function auditAll(store: Pick<LedgerStore, 'audit'>): Promise<readonly Difference[] | undefined> {
  /** By account and figure: slices that overlap tell a difference twice. */
  const found = new Map<string, Difference>()
  for (let pass: Pass = 'anew'; ; ) {
    const audited = await store.audit(pass)
    if (!audited.ok) return undefined
    for (const difference of audited.differences) found.set(`${difference.figure} ${difference.account}`, difference)
    if (pass === 'last') return [...found.values()]
    pass = audited.isCaughtUp ? 'last' : 'next'
  }
}
