import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

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

/** Every step of the schema, in order, by a name that sorts. A step that has landed is never edited. */
const migrations: Record<string, Migration> = {
  '001-keys-responses-seals': {
    async up(db) {
      await db.schema
        .createTable('keys')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull().unique())
        .addColumn('hint', 'text', (column) => column.notNull())
        .addColumn('models', 'text', (column) => column.notNull())
        .addColumn('source', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('revoked_at', 'bigint')
        .execute()
      await db.schema
        .createTable('responses')
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('channel', 'text', (column) => column.notNull())
        .addColumn('input', 'text', (column) => column.notNull())
        .addColumn('response', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('responses_key', ['tenant', 'id'])
        .execute()
      await db.schema.createIndex('responses_by_age').on('responses').column('created_at').execute()
      await db.schema
        .createTable('response_items')
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('item_id', 'text', (column) => column.notNull())
        .addColumn('response_id', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('response_items_key', ['tenant', 'item_id'])
        .execute()
      await db.schema
        .createIndex('response_items_by_response')
        .on('response_items')
        .columns(['tenant', 'response_id'])
        .execute()
      await db.schema
        .createTable('seals')
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('call_id', 'text', (column) => column.notNull())
        .addColumn('envelope', 'text', (column) => column.notNull())
        .addColumn('expires_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('seals_key', ['tenant', 'call_id'])
        .execute()
      await db.schema.createIndex('seals_by_age').on('seals').column('expires_at').execute()
    },
  },
  '002-key-aliases': {
    async up(db) {
      await db.schema
        .alterTable('keys')
        .addColumn('aliases', 'text', (column) => column.notNull().defaultTo('[]'))
        .execute()
    },
  },
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
