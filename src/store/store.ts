import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { type Accounts, accounts } from './accounts.ts'
import { type Audit, audit } from './audit.ts'
import { type Channels, channels } from './channels.ts'
import { type Keys, keys } from './keys.ts'
import { type Prices, prices } from './prices.ts'
import { type Requests, requests } from './requests.ts'
import { type Responses, responses } from './responses.ts'
import { migrate, type Tables } from './schema.ts'
import { type Seals, seals } from './seals.ts'
import type { SecretBox } from './secret-box.ts'
import { openSqlite } from './sqlite.ts'
import { versionOf } from './version.ts'

/** Everything that outlives a process, one member a noun. */
export interface Store {
  readonly accounts: Accounts
  readonly audit: Audit
  /** `box` seals and opens their secrets. */
  readonly channels: (box: SecretBox) => Channels
  readonly keys: Keys
  readonly prices: Prices
  readonly requests: Requests
  readonly responses: Responses
  readonly seals: Seals
  /** Grows with every change of what snapshots are made of, by whichever process. */
  version(): Promise<number>
  close(): Promise<void>
}

/**
 * The embedded store in `directory` (made when absent); `:memory:` keeps nothing.
 * @throws Error when it cannot be opened or brought up to date.
 */
export async function openStore(directory: string): Promise<Store> {
  if (directory !== ':memory:') mkdirSync(directory, { recursive: true, mode: 0o700 })
  const { dialect, database } = openSqlite(directory === ':memory:' ? directory : join(directory, 'causeway.db'))
  const db = new Kysely<Tables>({ dialect })
  await alone(database, () => migrate(db))
  return {
    accounts: accounts(db),
    audit: audit(db),
    channels: (box) => channels(db, box),
    keys: keys(db),
    prices: prices(db),
    requests: requests(db),
    responses: responses(db),
    seals: seals(db),
    version: () => versionOf(db),
    close: () => db.destroy(),
  }
}

/**
 * One process at a time, and whole or not at all: SQLite's changes of the schema can be rolled back. A database that
 * cannot be brought up to date is closed.
 */
async function alone(database: DatabaseSync, change: () => Promise<void>): Promise<void> {
  database.exec('BEGIN IMMEDIATE')
  try {
    await change()
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    database.close()
    throw error
  }
}
