import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { type Keys, keys } from './keys.ts'
import { type Responses, responses } from './responses.ts'
import { migrate, type Tables } from './schema.ts'
import { type Seals, seals } from './seals.ts'
import { openSqlite } from './sqlite.ts'

/** Everything that outlives a process, one member a noun. */
export interface Store {
  readonly keys: Keys
  readonly responses: Responses
  readonly seals: Seals
  /** A number that changes whenever another process has written. */
  version(): number
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
  const dataVersion = database.prepare('PRAGMA data_version')
  return {
    keys: keys(db),
    responses: responses(db),
    seals: seals(db),
    version: () => Number(dataVersion.get()?.data_version),
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
