import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What each key was charged, day by day, and requests by the id that their answer had. */
export const spending: Migration = {
  async up(db) {
    const { schema } = db
    await schema
      .createTable('spending')
      .addColumn('key_id', 'text', (column) => column.notNull())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('day', 'integer', (column) => column.notNull())
      .addColumn('charged', 'bigint', (column) => column.notNull())
      .addColumn('requests', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('spending_key', ['key_id', 'account', 'day'])
      .execute()
    await schema.createIndex('spending_by_account').on('spending').columns(['account', 'day']).execute()
    await sql`insert into spending (key_id, account, day, charged, requests)
      select key_id, account, at / 86400000, sum(charged), count(*) from requests group by 1, 2, 3`.execute(db)
    await schema
      .alterTable('requests')
      .addColumn('answer_id', 'text', (column) => column.notNull().defaultTo(''))
      .execute()
    await sql`create index requests_by_answer on requests (key_id, answer_id, at) where answer_id <> ''`.execute(db)
  },
}
