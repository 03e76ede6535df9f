import type pg from 'pg'
import type { Answer } from '../answer.ts'
import type { Command } from '../command.ts'
import { type Decision, decide } from '../decide/decide.ts'
import type { Reach, Terms } from '../lease/leasing.ts'
import { sharesOf } from '../lease/share.ts'
import type { Traffic } from '../lease/traffic.ts'
import type { State } from '../state.ts'
import type { Committed } from '../store.ts'
import { type Connection, Outage, transaction } from './connection.ts'
import { contextOf, read } from './read.ts'
import { write } from './write.ts'

/** Whose commits these are. */
export interface Committer {
  readonly pool: pg.Pool
  readonly node: string
  readonly epoch: number
  readonly terms: Terms
  readonly traffic: Traffic
}

/** How often a batch is decided again at once because others were faster. */
const collisions = 5

export async function commit(committer: Committer, commands: readonly Command[]): Promise<Committed> {
  const plan = committer.traffic.plan(commands)
  for (let tries = 1; ; tries++) {
    try {
      return { ok: true, answers: await commitAsPlanned(committer, commands, plan) }
    } catch (error) {
      if (!(error instanceof Outage)) throw error
      if (!error.isCollision || tries === collisions) return { ok: false, cause: error }
    }
  }
}

/** Each time more accounts are whole, so it comes to an end. */
async function commitAsPlanned(
  committer: Committer,
  commands: readonly Command[],
  plan: Reach,
): Promise<readonly Answer[]> {
  const { state, decision } = await commitOnce(committer, commands, plan)
  if (decision.wanting.length > 0) return commitAsPlanned(committer, commands, wider(plan, decision.wanting))
  committer.traffic.learn(plan, state, decision.changes)
  return decision.answers
}

/** Writes nothing when the decision wants to see more: that is locked in another order, so by another transaction. */
const commitOnce = (
  { pool, node, epoch, terms }: Committer,
  commands: readonly Command[],
  plan: Reach,
): Promise<{ readonly state: State; readonly decision: Decision }> =>
  transaction(pool, 'BEGIN', async (connection) => {
    const state = await read(connection, commands, { node, reach: plan })
    const context = { ...(await contextOf(connection, node, epoch)), leasing: { terms, wishes: plan.wishes } }
    const first = decide(state, commands, context)
    const isAll = first.wanting.length > 0 && (await isWhole(connection, state, first.wanting))
    const decision = isAll ? decide({ ...state, ...wider(plan, first.wanting) }, commands, context) : first
    if (decision.wanting.length === 0) await write(connection, decision.changes, context.batch)
    return { state, decision }
  })

const wider = (plan: Reach, owners: readonly string[]): Reach => ({
  ...plan,
  whole: new Set([...plan.whole, ...owners]),
})

/** Whether these accounts are locked and have no shares, as is usual: then there is no more to see of them. */
async function isWhole(connection: Connection, { accounts }: State, owners: readonly string[]): Promise<boolean> {
  if (!owners.every((owner) => accounts.has(owner))) return false
  const { rows } = await connection.ask('SELECT 1 FROM ledger_accounts WHERE id = ANY($1::text[]) LIMIT 1', [
    owners.flatMap(sharesOf),
  ])
  return rows.length === 0
}
