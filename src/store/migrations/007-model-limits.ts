import type { Migration } from 'kysely/migration'

export const modelLimits: Migration = {
  async up(db) {
    await db.schema
      .createTable('model_limits')
      .addColumn('model', 'text', (column) => column.primaryKey())
      .addColumn('limits', 'text', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .execute()
  },
}
