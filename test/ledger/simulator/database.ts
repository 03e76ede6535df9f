import type { Command } from '../../../src/ledger/command.ts'
import { type Decision, decide } from '../../../src/ledger/decide/decide.ts'
import type { Terms } from '../../../src/ledger/lease/leasing.ts'
import { isShare } from '../../../src/ledger/lease/share.ts'
import { type Traffic, trafficOf } from '../../../src/ledger/lease/traffic.ts'
import type { Account, Changes, Context, Reservation, State, Transfer } from '../../../src/ledger/state.ts'
import type { Committed, LedgerStore, Orphan } from '../../../src/ledger/store.ts'
import { deadAfterMs } from '../../../src/ledger/sweeper.ts'
import { nano } from '../../../src/model/money.ts'
import type { World } from './world.ts'

/** A database of several nodes that fails as databases do. What it holds is plain to see for the judge. */
export interface Database {
  readonly accounts: Map<string, Account>
  readonly reservations: Map<string, Reservation>
  readonly transfers: Transfer[]
  /** How often something was written. */
  landings(): number
  /** Commits fail from now on, or no more. */
  setFaulty(isFaulty: boolean): void
  isAwayUntil(atMs: number): void
  /** The database as a new process of this node sees it. */
  enroll(node: string): LedgerStore
}

/** What a ledger does at its two ends. The good one is below; the bad ones are in `mutants/`. */
export interface Ways {
  judge(state: State, commands: readonly Command[], context: Context): Decision
  /** false: somebody else has written what the decision was made of. */
  isStillTrue(database: Database, changes: Changes): boolean
}

export const goodWays: Ways = { judge: decide, isStillTrue }

/** Accounts are hot in these histories as soon as anybody uses them, and not for long. */
const terms: Terms = { hotPerSecond: 0.01, windowMs: 4_000, part: 2n, spendMs: 20_000, poorBelow: nano(120n) }

interface Process {
  readonly node: string
  readonly epoch: number
  readonly traffic: Traffic
}

/** What a commit can come to. `late`: the connection is lost and the commit lands all the same, some time later. */
type Fate = 'good' | 'fails before' | 'fails after' | 'late'

export function databaseOf(world: World, ways: Ways): Database {
  const accounts = new Map<string, Account>()
  const reservations = new Map<string, Reservation>()
  const transfers: Transfer[] = []
  const operations = new Map<string, Transfer[]>()
  const nodes = new Map<string, { epoch: number; beatAtMs: number }>()
  let batch = 0
  let landings = 0
  let isFaulty = true
  let awayUntilMs = 0

  const isAway = (): boolean => world.nowMs() < awayUntilMs
  const fate = (): Fate => {
    if (!isFaulty || world.chance(0.9)) return 'good'
    return (['fails before', 'fails after', 'late'] as const)[world.below(3)] ?? 'good'
  }
  const wait = (delayMs: number): Promise<void> => new Promise((resolve) => world.after(delayMs, resolve))

  function land(changes: Changes): boolean {
    if (!ways.isStillTrue(database, changes)) return false
    landings++
    for (const account of changes.opened) accounts.set(account.id, account)
    for (const { account } of changes.changed) accounts.set(account.id, account)
    for (const row of changes.reserved) reservations.set(row.id, row)
    for (const { reservation } of changes.advanced) reservations.set(reservation.id, reservation)
    for (const transfer of changes.transfers) {
      transfers.push(transfer)
      operations.set(transfer.operation, [...(operations.get(transfer.operation) ?? []), transfer])
    }
    return true
  }

  async function commit({ node, epoch, traffic }: Process, commands: readonly Command[]): Promise<Committed> {
    const lost: Committed = { ok: false, cause: 'lost' }
    let plan = traffic.plan(commands)
    await wait(0.2 + world.random() * 2)
    if (isAway()) return lost
    const end = fate()
    if (end === 'fails before') return lost
    const leasing = { terms, wishes: plan.wishes }
    const context = { node, epoch, batch: ++batch, atMs: world.nowMs(), leasing }
    // Judged at once, of what is there now: others may land before this does.
    const judge = () => ways.judge({ accounts, reservations, operations, whole: plan.whole }, commands, context)
    let decision = judge()
    for (; decision.wanting.length > 0; decision = judge())
      plan = { ...plan, whole: new Set([...plan.whole, ...decision.wanting]) }
    if (end === 'late') {
      world.after(world.random() * 3_000, () => land(decision.changes))
      return lost
    }
    await wait(0.2 + world.random() * 3)
    if (!land(decision.changes) || end === 'fails after') return lost
    traffic.learn(plan, database, decision.changes)
    return { ok: true, answers: decision.answers }
  }

  const isDead = ({ node, epoch }: Orphan): boolean => {
    const known = nodes.get(node)
    return known?.epoch !== epoch || world.nowMs() - known.beatAtMs > deadAfterMs
  }

  const database: Database = {
    accounts,
    reservations,
    transfers,
    landings: () => landings,
    setFaulty: (faulty) => {
      isFaulty = faulty
    },
    isAwayUntil: (atMs) => {
      awayUntilMs = atMs
    },
    enroll(node) {
      const epoch = (nodes.get(node)?.epoch ?? 0) + 1
      nodes.set(node, { epoch, beatAtMs: world.nowMs() })
      const process = { node, epoch, traffic: trafficOf({ terms, node, nowMs: world.nowMs }) }
      return {
        node,
        epoch,
        commit: (commands) => commit(process, commands),
        async beat() {
          await wait(1)
          const known = nodes.get(node)
          if (isAway() || known?.epoch !== epoch) return undefined
          const gapMs = world.nowMs() - known.beatAtMs
          nodes.set(node, { epoch, beatAtMs: world.nowMs() })
          return gapMs
        },
        async orphans() {
          await wait(1)
          if (isAway()) return []
          return [...reservations.values()].filter((row) => row.state === 'open' && isDead(row))
        },
        async shares() {
          await wait(1)
          if (isAway()) return []
          return [...accounts.values()].filter(({ id, balance, held }) => isShare(id) && balance > held)
        },
        audit: async () => ({ ok: false }),
        account: async (id) => accounts.get(id),
        reservation: async (id) => reservations.get(id),
        operation: async (id) => operations.get(id) ?? [],
        transfersOf: async (id) => transfers.filter(({ reservation }) => reservation === id),
        statement: async () => [],
        close: async () => {},
      }
    },
  }
  return database
}

/** The counts of rows that real databases assert, and their unique keys. */
function isStillTrue({ accounts, reservations, transfers }: Database, changes: Changes): boolean {
  return (
    changes.opened.every(({ id }) => !accounts.has(id)) &&
    changes.changed.every(({ account, from }) => accounts.get(account.id)?.version === from) &&
    changes.reserved.every(({ id }) => !reservations.has(id)) &&
    changes.advanced.every(({ reservation, from }) => isOpenAt(reservations.get(reservation.id), from)) &&
    (changes.transfers.length === 0 ||
      changes.transfers.every(({ operation }) => !transfers.some((other) => other.operation === operation)))
  )
}

const isOpenAt = (reservation: Reservation | undefined, batch: number): boolean =>
  reservation?.state === 'open' && reservation.batch === batch
