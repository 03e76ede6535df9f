import type { Migration } from 'kysely/migration'

export const auditAddress: Migration = {
  async up(db) {
    await db.schema
      .alterTable('audit')
      .addColumn('address', 'text', (column) => column.notNull().defaultTo(''))
      .execute()
  },
}
