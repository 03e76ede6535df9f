import type { Answer } from '../../src/ledger/answer.ts'
import type { Command } from '../../src/ledger/command.ts'
import { type Decision, decide } from '../../src/ledger/decide/decide.ts'
import { type Reach, type Terms, usualTerms } from '../../src/ledger/lease/leasing.ts'
import { isShare, ownerOf } from '../../src/ledger/lease/share.ts'
import { type Traffic, trafficOf } from '../../src/ledger/lease/traffic.ts'
import type { Account, Changes, State } from '../../src/ledger/state.ts'
import { accountsTouched, operationsTouched, reservationsTouched } from '../../src/ledger/touch.ts'

/** A book in memory. It shows `decide` only what the commands touch, as a database does. */
export interface Book {
  readonly state: State
  /** On the only node there is, which leases nothing. */
  run(...commands: Command[]): readonly Answer[]
  /** On one of several nodes. Any account that it has used before is hot. */
  runOn(node: string, ...commands: Command[]): readonly Answer[]
  /** The row. */
  account(id: string): Account | undefined
  /** With its shares. */
  whole(id: string): { readonly balance: bigint; readonly held: bigint }
  shares(): readonly Account[]
}

/** Without terms nothing is leased on any node. */
export function bookOf(terms?: Partial<Terms>): Book {
  const state = { accounts: new Map(), reservations: new Map(), operations: new Map() } satisfies State
  const all: State = state
  const traffics = new Map<string, Traffic>()
  let batch = 0
  let nowMs = 0
  const only = <T>(ids: readonly string[], from: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...from].filter(([id]) => ids.includes(id)))

  function write(changes: Changes): void {
    for (const account of [...changes.opened, ...changes.changed.map(({ account }) => account)])
      state.accounts.set(account.id, account)
    for (const row of [...changes.reserved, ...changes.advanced.map(({ reservation }) => reservation)])
      state.reservations.set(row.id, row)
    for (const transfer of changes.transfers)
      state.operations.set(transfer.operation, [...(state.operations.get(transfer.operation) ?? []), transfer])
  }

  function read(node: string, commands: readonly Command[], reach?: Reach): State {
    const reservations = only(reservationsTouched(commands), all.reservations)
    return {
      reservations,
      accounts: only(accountsTouched(commands, reservations.values(), node, reach), all.accounts),
      operations: only(operationsTouched(commands), all.operations),
      ...(reach && { whole: reach.whole }),
    }
  }

  const trafficOn = (node: string, given: Partial<Terms>): Traffic => {
    const found = traffics.get(node) ?? trafficOf({ terms: { ...usualTerms, ...given }, node, nowMs: () => nowMs })
    traffics.set(node, found)
    return found
  }

  function runLeasing(node: string, commands: readonly Command[], given: Partial<Terms>): Decision {
    const traffic = trafficOn(node, given)
    nowMs += 1_000
    batch++
    for (let plan = traffic.plan(commands); ; ) {
      const leasing = { terms: { ...usualTerms, ...given }, wishes: plan.wishes }
      const seen = read(node, commands, plan)
      const decision = decide(seen, commands, { node, epoch: 1, batch, atMs: 5, leasing })
      if (decision.wanting.length === 0) {
        traffic.learn(plan, seen, decision.changes)
        return decision
      }
      plan = { ...plan, whole: new Set([...plan.whole, ...decision.wanting]) }
    }
  }

  function runOn(node: string, ...commands: Command[]): readonly Answer[] {
    const { changes, answers } = terms
      ? runLeasing(node, commands, terms)
      : decide(read(node, commands), commands, { node, epoch: 1, batch: ++batch, atMs: 5 })
    write(changes)
    return answers
  }

  return {
    state: all,
    run: (...commands) => runOn('local', ...commands),
    runOn,
    account: (id) => all.accounts.get(id),
    whole(id) {
      const rows = [...all.accounts.values()].filter((row) => ownerOf(row.id) === id)
      const sum = (figure: (row: Account) => bigint) => rows.reduce((total, row) => total + figure(row), 0n)
      return { balance: sum(({ balance }) => balance), held: sum(({ held }) => held) }
    },
    shares: () => [...all.accounts.values()].filter(({ id }) => isShare(id)),
  }
}
