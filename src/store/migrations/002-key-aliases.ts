import type { Migration } from 'kysely/migration'

export const keyAliases: Migration = {
  async up(db) {
    await db.schema
      .alterTable('keys')
      .addColumn('aliases', 'text', (column) => column.notNull().defaultTo('[]'))
      .execute()
  },
}
