import type { Kysely } from 'kysely'
import type { Tables } from './schema.ts'

/** What all processes of a store must agree on. */
export interface Marks {
  /** Sets it where nobody has. Gives the one that counts: the first. */
  claim(name: string, mark: string): Promise<string>
}

export const marks = (db: Kysely<Tables>): Marks => ({
  async claim(name, mark) {
    await db
      .insertInto('marks')
      .values({ name, mark })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute()
    return (await db.selectFrom('marks').select('mark').where('name', '=', name).executeTakeFirstOrThrow()).mark
  },
})
