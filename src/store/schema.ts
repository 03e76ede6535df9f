import { type ColumnType, type Kysely, sql } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, Migrator } from 'kysely/migration'
import { migrations } from './migrations/index.ts'

/** 64-bit integers: read as text or number by one driver, as bigint by another; `BigInt()` takes all three. */
type Money = ColumnType<bigint | number | string, bigint, bigint>

/** The tables. JSON columns hold text; times are milliseconds since 1970. */
export interface Tables {
  keys: {
    id: string
    name: string
    hash: string
    hint: string
    models: string
    aliases: string
    source: string
    created_at: number
    revoked_at: number | null
    account: string
    scope: string
    former: string
  }
  groups: { name: string; multiplier_ppm: Money; channels: string; source: string }
  accounts: {
    id: string
    name: string
    group_name: string
    is_enabled: number
    credit_limit: Money | null
    limits: string
    source: string
    created_at: number
  }
  channels: { id: string; name: string; settings: string; is_enabled: number; created_at: number }
  credentials: {
    id: string
    channel_id: string
    sealed: string
    hint: string
    is_enabled: number
    created_at: number
  }
  limit_uses: { process: string; beat: number; uses: string }
  model_limits: { model: string; limits: string; source: string }
  prices: { id: string; model: string; rates: string; valid_from: number; source: string; created_at: number }
  audit: {
    id: string
    at: number
    actor: string
    address: string
    action: string
    subject: string
    change: string
  }
  requests: {
    id: string
    at: number
    account: string
    key_id: string
    model: string
    channel: string
    outcome: string
    charged: Money
    detail: string
    answer_id: string
  }
  spending: { key_id: string; account: string; day: number; charged: Money; requests: number }
  idempotency: {
    tenant: string
    name: string
    asked: string
    request_id: string
    state: string
    lease_until: number
    expires_at: number
    answer: string
  }
  tokens: {
    id: string
    name: string
    hash: string
    hint: string
    role: string
    created_at: number
    revoked_at: number | null
  }
  versions: { noun: string; version: number }
  marks: { name: string; mark: string }
  responses: { tenant: string; id: string; channel: string; input: string; response: string; created_at: number }
  response_items: { tenant: string; item_id: string; response_id: string }
  unfinished: { request_id: string; tenant: string; response_id: string; terms: string; look_at: number }
  seals: { tenant: string; call_id: string; envelope: string; expires_at: number }
}

/**
 * Brings the schema up to date.
 * @throws Error when a step fails or the database is newer than this program. Nothing of it was changed then.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const future = await stepsFromTheFuture(db)
  if (future.length > 0)
    throw new Error(
      `the database is newer than this program: it has ${future.join(', ')}. Nothing was changed: run the newer program, or go back to a copy of the database made before`,
    )
  const { error } = await migrator.migrateToLatest()
  if (error) throw new Error('the database could not be brought up to date', { cause: error })
}

/** Steps that were taken and that this program does not know. */
async function stepsFromTheFuture(db: Kysely<Tables>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return []
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db)
  return rows.map(({ name }) => name).filter((name) => !Object.hasOwn(migrations, name))
}
