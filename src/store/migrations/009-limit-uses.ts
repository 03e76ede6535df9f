import type { Migration } from 'kysely/migration'

export const limitUses: Migration = {
  async up(db) {
    await db.schema
      .createTable('limit_uses')
      .addColumn('process', 'text', (column) => column.primaryKey())
      .addColumn('beat', 'bigint', (column) => column.notNull())
      .addColumn('uses', 'text', (column) => column.notNull())
      .execute()
  },
}
