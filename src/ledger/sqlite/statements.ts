import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Charged, type ChargedAsked, chargedText, newestText } from '../lives.ts'
import {
  accountColumns,
  type Row,
  readAccount,
  readCharged,
  readEntry,
  readReservation,
  readTransfer,
  reservationColumns,
  transferColumns,
} from '../rows.ts'
import type { Account, Reservation, Transfer } from '../state.ts'
import type { Entry, Orphan, StatementAsked } from '../store.ts'

/** Every statement of the ledger, prepared once. Whole numbers are read as bigint. */
export interface Statements {
  readonly enroll: StatementSync
  readonly openAccount: StatementSync
  readonly changeAccount: StatementSync
  readonly reserve: StatementSync
  readonly advance: StatementSync
  readonly transfer: StatementSync
  account(id: string): Account | undefined
  reservation(id: string): Reservation | undefined
  /** undefined when there is none. */
  operation(id: string): readonly Transfer[] | undefined
  transfersOf(reservation: string): readonly Transfer[]
  statement(asked: StatementAsked): readonly Entry[]
  openReservations(): readonly Reservation[]
  orphans(epoch: number): readonly Orphan[]
  newest(): number
  charged(asked: ChargedAsked): readonly Charged[]
}

const insert = (table: string, columns: readonly string[]): string =>
  `INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`

const set = (columns: readonly string[]): string => columns.map((column) => `${column} = ?`).join(', ')

/** Both sides by an index of their own, each no longer than the answer. */
const statementText = `SELECT * FROM (
    SELECT * FROM (SELECT * FROM ledger_transfers WHERE debit = ? AND kind IN ('charge', 'adjust')
      AND (batch, n) < (?, ?) ORDER BY batch DESC, n DESC LIMIT ?)
    UNION ALL
    SELECT * FROM (SELECT * FROM ledger_transfers WHERE credit = ? AND kind IN ('credit', 'adjust')
      AND (batch, n) < (?, ?) ORDER BY batch DESC, n DESC LIMIT ?)
  ) ORDER BY batch DESC, n DESC LIMIT ?`

/** After everything that is written. */
const end = { batch: Number.MAX_SAFE_INTEGER, n: 0 }

/** How many orphans are told at once: more are told when these are gone. */
const mostOrphans = 1_000

export function statements(database: DatabaseSync): Statements {
  const prepare = (text: string): StatementSync => {
    const statement = database.prepare(text)
    statement.setReadBigInts(true)
    return statement
  }
  const one = <T>(text: string, readRow: (row: Row) => T) => {
    const statement = prepare(text)
    return (id: string): T | undefined => {
      const row = statement.get(id)
      return row && readRow(row)
    }
  }
  const many = <T>(text: string, readRow: (row: Row) => T) => {
    const statement = prepare(text)
    return (...values: (string | number)[]): T[] => statement.all(...values).map(readRow)
  }
  const operation = many('SELECT * FROM ledger_transfers WHERE operation = ? ORDER BY leg', readTransfer)
  const corrections = many(
    "SELECT * FROM ledger_transfers WHERE reservation = ? AND actor <> '' AND reservation <> '' ORDER BY batch, n",
    readTransfer,
  )
  const statement = many(statementText, readEntry)
  const newest = many(newestText, ({ batch }) => Number(batch))
  const charged = many(chargedText(['?', '?', '?', '?', '?']), readCharged)
  const orphans = many("SELECT * FROM ledger_reservations WHERE state = 'open' AND epoch <> ? LIMIT ?", readReservation)
  return {
    enroll: prepare(
      `INSERT INTO ledger_nodes (node, epoch, beat_at) VALUES ($node, 1, $now)
       ON CONFLICT (node) DO UPDATE SET epoch = epoch + 1, beat_at = excluded.beat_at RETURNING epoch`,
    ),
    openAccount: prepare(insert('ledger_accounts', accountColumns)),
    changeAccount: prepare(
      `UPDATE ledger_accounts SET ${set(['balance', 'held', 'floor', 'version', 'batch'])} WHERE id = ? AND version = ?`,
    ),
    reserve: prepare(insert('ledger_reservations', reservationColumns)),
    advance: prepare(
      `UPDATE ledger_reservations
       SET ${set(['state', 'amount', 'checkpoint', 'charged', 'excess', 'source', 'price', 'resolved_at', 'batch'])}
       WHERE id = ? AND state = 'open' AND batch = ?`,
    ),
    transfer: prepare(insert('ledger_transfers', transferColumns)),
    account: one('SELECT * FROM ledger_accounts WHERE id = ?', readAccount),
    reservation: one('SELECT * FROM ledger_reservations WHERE id = ?', readReservation),
    operation: (id) => {
      const all = operation(id)
      return all.length > 0 ? all : undefined
    },
    statement: ({ account, limit, before = end }) => {
      const place = [account, before.batch, before.n]
      return statement(...place, limit, ...place, limit, limit)
    },
    transfersOf: (reservation) => [...operation(`settle/${reservation}`), ...corrections(reservation)],
    openReservations: many("SELECT * FROM ledger_reservations WHERE state = 'open'", readReservation),
    newest: () => newest()[0] ?? 0,
    charged: ({ after, node, epoch, limit }) => charged(after.batch, after.n, node, epoch, limit),
    orphans: (epoch) => orphans(epoch, mostOrphans).map(({ id, node, epoch }) => ({ id, node, epoch })),
  }
}
