import type { Migration } from 'kysely/migration'

export const marks: Migration = {
  async up(db) {
    await db.schema
      .createTable('marks')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('mark', 'text', (column) => column.notNull())
      .execute()
  },
}
