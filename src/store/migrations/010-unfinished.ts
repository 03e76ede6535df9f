import type { Migration } from 'kysely/migration'

export const unfinished: Migration = {
  async up(db) {
    await db.schema
      .createTable('unfinished')
      .addColumn('request_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('response_id', 'text', (column) => column.notNull())
      .addColumn('terms', 'text', (column) => column.notNull())
      .addColumn('look_at', 'bigint', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('unfinished_by_look').on('unfinished').column('look_at').execute()
    await db.schema.createIndex('unfinished_by_response').on('unfinished').columns(['tenant', 'response_id']).execute()
  },
}
