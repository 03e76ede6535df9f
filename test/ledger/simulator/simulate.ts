import { isShare } from '../../../src/ledger/lease/share.ts'
import type { LedgerStore } from '../../../src/ledger/store.ts'
import { nano } from '../../../src/model/money.ts'
import { databaseOf, goodWays, type Ways } from './database.ts'
import { count, type Journal, journalOf } from './journal.ts'
import { judgeOf, Violation } from './judge.ts'
import { type Node, nodeOf } from './node.ts'
import { type World, worldOf } from './world.ts'

/** A ledger to try: the good one, or one that is known to be bad. */
export interface Variant {
  readonly name: string
  readonly ways: Ways
  readonly sweeps: boolean
  wrapStore(store: LedgerStore, world: World): LedgerStore
}

export const goodLedger: Variant = { name: 'good', ways: goodWays, sweeps: true, wrapStore: (store) => store }

export interface History {
  readonly violation: Violation | undefined
  readonly journal: Journal
}

const nodes = 2
const requests = 30
const busyMs = 60_000
/** Long enough for every dead process to be swept twice. */
const restMs = 120_000

/** One history of a few nodes, chosen by its seed in every detail. */
export async function simulate(seed: number, variant: Variant): Promise<History> {
  const world = worldOf(seed)
  const database = databaseOf(world, variant.ways)
  const journal = journalOf()
  const judge = judgeOf(database)
  const { sweeps, wrapStore } = variant
  const bugs: unknown[] = []
  const all = Array.from({ length: nodes }, (_, at) =>
    nodeOf({ world, database, journal, bugs, name: `node-${at}`, sweeps, wrapStore }),
  )
  try {
    await openAccounts(database.enroll('setup'), world, judge.check)
    for (const node of all) node.start()
    plan(world, all, database)
    await world.runUntil(busyMs, judge.check)
    database.setFaulty(false)
    for (const node of all) if (!node.isUp) node.start()
    await world.runUntil(busyMs + restMs, judge.check)
    for (const { kind, debit } of database.transfers) count(journal, `${kind}${isShare(debit) ? ' from a share' : ''}`)
    judge.checkAtRest(journal)
    if (bugs.length > 0) throw new Violation('bug', String(bugs[0]))
    if (all.some((node) => node.kept() > 0)) throw new Violation('I5', 'something is kept for ever')
  } catch (error) {
    if (error instanceof Violation) return { violation: error, journal }
    throw error
  }
  return { violation: undefined, journal }
}

async function openAccounts(store: LedgerStore, world: World, check: () => void): Promise<void> {
  for (const account of ['user-0', 'user-1']) {
    const open = { do: 'open', account, floor: nano(0n) } as const
    const credit = { do: 'credit', id: `first ${account}`, account, amount: nano(600n), reason: '', actor: '' } as const
    for (let isDone = false; !isDone; ) {
      const committed = store.commit([open, credit]).then(({ ok }) => {
        isDone = ok
      })
      await world.runUntil(world.nowMs() + 10_000, check)
      await committed
    }
  }
}

function plan(world: World, all: readonly Node[], database: { isAwayUntil(atMs: number): void }): void {
  const any = (): Node | undefined => all[world.below(all.length)]
  const begin = world.nowMs()
  const sometime = (run: () => void): void => void world.after(world.random() * (busyMs - begin) * 0.8, run)
  for (let at = 0; at < requests; at++) sometime(() => any()?.ask(`request-${at}`))
  for (let at = 0; at < 4; at++) sometime(() => any()?.credit(`credit-${at}`))
  for (let deaths = world.below(4); deaths > 0; deaths--)
    sometime(() => {
      const node = any()
      node?.kill()
      world.after(world.random() * 20_000, () => (node?.isUp ? undefined : node?.start()))
    })
  if (world.chance(0.3)) sometime(() => any()?.sleep(world.random() * 60_000))
  if (world.chance(0.3)) sometime(() => database.isAwayUntil(world.nowMs() + world.random() * 5_000))
}
