import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { type Accounts, accounts } from './accounts.ts'
import { type Audit, audit } from './audit.ts'
import { type Channels, channels } from './channels.ts'
import { type Idempotency, idempotency } from './idempotency.ts'
import { type Keys, keys } from './keys.ts'
import { type LimitUses, limitUses } from './limit-uses.ts'
import { type Marks, marks } from './marks.ts'
import { type ModelLimitRows, modelLimits } from './model-limits.ts'
import { type Prices, prices } from './prices.ts'
import { remoteWriter } from './remote-writer.ts'
import { type Requests, requests } from './requests.ts'
import { type Responses, responses } from './responses.ts'
import { migrate, type Tables } from './schema.ts'
import { type Seals, seals } from './seals.ts'
import type { SecretBox } from './secret-box.ts'
import { type Spending, spending } from './spending.ts'
import { openSqlite } from './sqlite.ts'
import { type Tokens, tokens } from './tokens.ts'
import { type Unfinished, unfinished } from './unfinished.ts'
import { changing, versionOf } from './version.ts'

/** Everything that outlives a process, one member a noun. */
export interface Nouns {
  readonly accounts: Accounts
  readonly audit: Audit
  /** `box` seals and opens their secrets. */
  readonly channels: (box: SecretBox) => Channels
  readonly idempotency: Idempotency
  readonly keys: Keys
  readonly limitUses: LimitUses
  readonly marks: Marks
  readonly modelLimits: ModelLimitRows
  readonly prices: Prices
  readonly requests: Requests
  readonly responses: Responses
  readonly seals: Seals
  readonly spending: Spending
  readonly tokens: Tokens
  readonly unfinished: Unfinished
}

/** What can be written together. Responses have transactions of their own. */
export type Inside = Omit<Nouns, 'responses'>

export interface Store extends Nouns {
  /**
   * Writes all of it or, when `run` throws, none; nobody else writes in between. What is asked of the store itself
   * meanwhile waits for it: inside, only what `run` is given may be used.
   */
  together<T>(run: (inside: Inside) => Promise<T>): Promise<T>
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
  const path = directory === ':memory:' ? directory : join(directory, 'causeway.db')
  const { dialect, database } = openSqlite(path)
  const db = new Kysely<Tables>({ dialect })
  await alone(database, () => migrate(db))
  return path === ':memory:' ? storeOf(db) : withLogThread(storeOf(db), path)
}

/** Rows of the request log are written in a thread of their own: nobody who streams waits for the disk. */
function withLogThread(store: Store, path: string): Store {
  const { add, close } = remoteWriter(path)
  return {
    ...store,
    requests: { ...store.requests, add },
    async close() {
      await close()
      await store.close()
    },
  }
}

/** The store in a database whose schema is up to date. */
export const storeOf = (db: Kysely<Tables>): Store => ({
  ...nounsOf(db),
  together: (run) => changing(db, (inside) => run(nounsOf(inside))),
  version: () => versionOf(db),
  close: () => db.destroy(),
})

const nounsOf = (db: Kysely<Tables>): Nouns => ({
  accounts: accounts(db),
  audit: audit(db),
  channels: (box) => channels(db, box),
  idempotency: idempotency(db),
  keys: keys(db),
  limitUses: limitUses(db),
  marks: marks(db),
  modelLimits: modelLimits(db),
  prices: prices(db),
  requests: requests(db),
  responses: responses(db),
  seals: seals(db),
  spending: spending(db),
  tokens: tokens(db),
  unfinished: unfinished(db),
})

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
    // A full disk ends some transactions by itself.
    if (database.isTransaction) database.exec('ROLLBACK')
    database.close()
    throw error
  }
}
