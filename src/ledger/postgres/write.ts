import {
  accountColumns,
  reservationColumns,
  transferColumns,
  writeAccount,
  writeReservation,
  writeTransfer,
} from '../rows.ts'
import type { Account, Changes } from '../state.ts'
import { type Connection, Outage } from './connection.ts'

type Value = string | number | bigint

/**
 * Writes what was decided, a statement a table, whatever the size of the batch.
 * @throws Outage when another transaction made one of the rows first: it must be decided again.
 * @throws Error when a locked row is not as it was read, which cannot be.
 */
export async function write(connection: Connection, changes: Changes, batch: number): Promise<void> {
  const opened = changes.opened.toSorted((one, other) => (one.id < other.id ? -1 : 1))
  await insert(connection, 'ledger_accounts', accountColumns, opened.map(writeAccount))
  await update(
    connection,
    'ledger_accounts',
    changedColumns,
    'AND it.version = fresh.was',
    changes.changed.map(writeChange),
  )
  await insert(connection, 'ledger_reservations', reservationColumns, changes.reserved.map(writeReservation))
  await update(
    connection,
    'ledger_reservations',
    advancedColumns,
    "AND it.batch = fresh.was AND it.state = 'open'",
    changes.advanced.map(({ reservation: row, from }) => [
      ...[row.id, from, row.state, row.amount, row.checkpoint, row.charged, row.excess],
      ...[row.source, row.price, row.resolvedAtMs, row.batch],
    ]),
  )
  await insert(
    connection,
    'ledger_transfers',
    transferColumns,
    changes.transfers.map((transfer, n) => writeTransfer(transfer, batch, n)),
  )
}

const changedColumns = ['balance', 'held', 'floor', 'version', 'batch'] as const
const advancedColumns = [
  ...(['state', 'amount', 'checkpoint', 'charged', 'excess'] as const),
  ...(['source', 'price', 'resolved_at', 'batch'] as const),
] as const

const writeChange = ({ account, from }: { account: Account; from: number }): Value[] => [
  ...[account.id, from, account.balance, account.held, account.floor, account.version, account.batch],
]

const texts: ReadonlySet<string> = new Set([
  ...['id', 'kind', 'state', 'accounts', 'source', 'price', 'node', 'operation', 'debit', 'credit'],
  ...['reservation', 'actor', 'reason', 'memo'],
])

async function insert(
  connection: Connection,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
): Promise<void> {
  if (rows.length === 0) return
  const { count } = await connection.ask(
    `INSERT INTO ${table} (${columns}) SELECT * FROM ${unnest(columns)} ON CONFLICT DO NOTHING`,
    turned(columns, rows),
  )
  if (count !== rows.length) throw new Outage(`${count} of ${rows.length} rows went into ${table}`, true)
}

async function update(
  connection: Connection,
  table: string,
  columns: readonly string[],
  condition: string,
  rows: readonly (readonly Value[])[],
): Promise<void> {
  if (rows.length === 0) return
  const all = ['id', 'was', ...columns]
  const { count } = await connection.ask(
    `UPDATE ${table} AS it SET ${columns.map((column) => `${column} = fresh.${column}`)}
     FROM ${unnest(all)} AS fresh(${all}) WHERE it.id = fresh.id ${condition}`,
    turned(all, rows),
  )
  if (count !== rows.length) throw new Error(`${count} of ${rows.length} rows of ${table} were as they had been read`)
}

const unnest = (columns: readonly string[]): string =>
  `unnest(${columns.map((column, at) => `$${at + 1}::${texts.has(column) ? 'text' : 'bigint'}[]`)})`

/** Rows to columns. */
const turned = (columns: readonly string[], rows: readonly (readonly Value[])[]): Value[][] =>
  columns.map((_, at) => rows.map((row) => row[at] ?? ''))
