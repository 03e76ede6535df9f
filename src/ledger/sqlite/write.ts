import type { StatementSync } from 'node:sqlite'
import { writeAccount, writeReservation, writeTransfer } from '../rows.ts'
import type { Changes } from '../state.ts'
import type { Statements } from './statements.ts'

/**
 * Writes what was decided. Every statement says what it expects and has to find it.
 * @throws Error when one does not: the decision was made of something else than what is there.
 */
export function write(sql: Statements, changes: Changes, batch: number): void {
  for (const account of changes.opened) one(sql.openAccount, writeAccount(account))
  for (const { account, from } of changes.changed)
    one(sql.changeAccount, [
      account.balance,
      account.held,
      account.floor,
      account.version,
      account.batch,
      account.id,
      from,
    ])
  for (const reservation of changes.reserved) one(sql.reserve, writeReservation(reservation))
  for (const { reservation: row, from } of changes.advanced)
    one(sql.advance, [
      ...[row.state, row.amount, row.checkpoint, row.charged, row.excess, row.source, row.price, row.resolvedAtMs],
      ...[row.batch, row.id, from],
    ])
  for (const [n, transfer] of changes.transfers.entries()) one(sql.transfer, writeTransfer(transfer, batch, n))
}

function one(statement: StatementSync, values: readonly (string | number | bigint)[]): void {
  const { changes } = statement.run(...values)
  if (Number(changes) !== 1) throw new Error(`${changes} rows instead of one were changed by: ${statement.sourceSQL}`)
}
