import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from './migrations/index.ts'

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
  }
  responses: { tenant: string; id: string; channel: string; input: string; response: string; created_at: number }
  response_items: { tenant: string; item_id: string; response_id: string }
  seals: { tenant: string; call_id: string; envelope: string; expires_at: number }
}

/**
 * Brings the schema up to date.
 * @throws Error when a step fails or the database is newer than this program.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw new Error('the database could not be brought up to date', { cause: error })
}
