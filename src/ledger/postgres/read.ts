import type { Command } from '../command.ts'
import { noReach, type Reach } from '../lease/leasing.ts'
import { grouped, readAccount, readReservation, readTransfer } from '../rows.ts'
import type { Context, State } from '../state.ts'
import { accountsTouched, operationsTouched, reservationsTouched } from '../touch.ts'
import type { Connection } from './connection.ts'

/** What a batch touches, locked until the transaction ends, in the order that `touch.ts` prescribes. */
export async function read(
  connection: Connection,
  commands: readonly Command[],
  { node, reach = noReach }: { readonly node: string; readonly reach?: Reach },
): Promise<State> {
  const reservationIds = reservationsTouched(commands)
  const reservations = new Map(
    (await locked(connection, 'ledger_reservations', reservationIds)).map((row) => [
      String(row.id),
      readReservation(row),
    ]),
  )
  const accountIds = accountsTouched(commands, reservations.values(), node, reach)
  const accounts = new Map(
    (await locked(connection, 'ledger_accounts', accountIds)).map((row) => [String(row.id), readAccount(row)]),
  )
  const before = await operations(connection, operationsTouched(commands))
  return { reservations, accounts, operations: before, whole: reach.whole }
}

const locked = async (connection: Connection, table: string, ids: readonly string[]) => {
  if (ids.length === 0) return []
  const { rows } = await connection.ask(`SELECT * FROM ${table} WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE`, [
    ids,
  ])
  return rows
}

async function operations(connection: Connection, ids: readonly string[]): Promise<State['operations']> {
  if (ids.length === 0) return new Map()
  const { rows } = await connection.ask(
    'SELECT * FROM ledger_transfers WHERE operation = ANY($1::text[]) ORDER BY operation, leg',
    [ids],
  )
  return grouped(rows.map(readTransfer))
}

/** The transaction's own number is the batch's; the time is the database's, which all nodes share. */
export async function contextOf(connection: Connection, node: string, epoch: number): Promise<Context> {
  const { rows } = await connection.ask(`SELECT pg_current_xact_id()::text::bigint AS batch, ${databaseTime} AS now`)
  return { node, epoch, batch: Number(rows[0]?.batch), atMs: Number(rows[0]?.now) }
}

/** Milliseconds since 1970, by the database's clock. */
export const databaseTime = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint'
