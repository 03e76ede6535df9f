import type { Migration } from 'kysely/migration'

export const keysResponsesSeals: Migration = {
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
}
