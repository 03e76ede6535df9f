import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Every former value of a key has its own end: who rotates twice does not cut the first overlap short. */
export const formerKeys: Migration = {
  async up(db) {
    const { schema } = db
    await schema
      .alterTable('keys')
      .addColumn('former', 'text', (column) => column.notNull().defaultTo('[]'))
      .execute()
    await sql`update keys set former = '[{"hash":"' || previous_hash || '","untilMs":' || previous_until || '}]'
      where previous_hash is not null and previous_until is not null`.execute(db)
    await schema.alterTable('keys').dropColumn('previous_hash').execute()
    await schema.alterTable('keys').dropColumn('previous_until').execute()
  },
}
