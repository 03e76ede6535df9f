import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Place } from './server.ts'

/** The ledger as it is on the disk, read without the ledger's own code. */
export interface Books {
  readonly accounts: readonly BookAccount[]
  readonly reservations: readonly BookReservation[]
  readonly transfers: readonly BookTransfer[]
  /** Names of keys by id. */
  readonly keys: ReadonlyMap<string, string>
}

export interface BookAccount {
  readonly id: string
  readonly kind: string
  readonly balance: bigint
  readonly held: bigint
  readonly floor: bigint
}

export interface BookReservation {
  readonly id: string
  readonly state: string
  readonly accounts: readonly string[]
  readonly amount: bigint
  readonly checkpoint: bigint
  readonly charged: bigint
  readonly source: string
}

export interface BookTransfer {
  readonly operation: string
  readonly kind: string
  readonly debit: string
  readonly credit: string
  readonly amount: bigint
  readonly reservation: string
}

type Read = (text: string) => Promise<readonly Record<string, unknown>[]>

/** All of it. The server must be dead where it is a file. */
export async function readBooks(place: Place): Promise<Books> {
  if (place.databaseUrl !== undefined) return readDatabase(place.databaseUrl)
  const ledger = openFile(join(place.directory, 'data', 'ledger.db'))
  const store = openFile(join(place.directory, 'data', 'causeway.db'))
  try {
    return await readAll(ledger.read, store.read)
  } finally {
    ledger.close()
    store.close()
  }
}

/** One moment of it: what the dead server asked for last may still be written. */
async function readDatabase(connectionString: string): Promise<Books> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    const read: Read = async (text) => (await client.query(text)).rows
    return await readAll(read, read)
  } finally {
    await client.end()
  }
}

function openFile(path: string): { readonly read: Read; close(): void } {
  const database = new DatabaseSync(path)
  return {
    async read(text) {
      const statement = database.prepare(text)
      statement.setReadBigInts(true)
      return statement.all()
    },
    close: () => database.close(),
  }
}

async function readAll(ledger: Read, store: Read): Promise<Books> {
  const accounts = await ledger('SELECT id, kind, balance, held, floor FROM ledger_accounts')
  const reservations = await ledger(
    'SELECT id, state, accounts, amount, checkpoint, charged, source FROM ledger_reservations',
  )
  const transfers = await ledger('SELECT operation, kind, debit, credit, amount, reservation FROM ledger_transfers')
  const keys = await store('SELECT id, name FROM keys')
  return {
    accounts: accounts.map((row) => ({
      id: text(row.id),
      kind: text(row.kind),
      balance: money(row.balance),
      held: money(row.held),
      floor: money(row.floor),
    })),
    reservations: reservations.map((row) => ({
      id: text(row.id),
      state: text(row.state),
      // A list of names, as the ledger writes it.
      accounts: JSON.parse(text(row.accounts)) as string[],
      amount: money(row.amount),
      checkpoint: money(row.checkpoint),
      charged: money(row.charged),
      source: text(row.source),
    })),
    transfers: transfers.map((row) => ({
      operation: text(row.operation),
      kind: text(row.kind),
      debit: text(row.debit),
      credit: text(row.credit),
      amount: money(row.amount),
      reservation: text(row.reservation),
    })),
    keys: new Map(keys.map(({ id, name }) => [text(id), text(name)])),
  }
}

const text = (value: unknown): string => String(value)
const money = (value: unknown): bigint => BigInt(String(value))
