import type { Kysely } from 'kysely'
import type { Tables } from './schema.ts'

/** What all processes of a store must agree on. */
export interface Marks {
  /** Sets it where nobody has. Gives the one that counts: the first. */
  claim(name: string, mark: string): Promise<string>
  /** Undefined: nobody has set it. */
  read(name: string): Promise<string | undefined>
  /** Sets it, whatever it was. */
  write(name: string, mark: string): Promise<void>
  /** All whose names begin so. */
  under(prefix: string): Promise<readonly Marked[]>
  /** Nobody has set it, then. */
  remove(name: string): Promise<void>
}

export interface Marked {
  readonly name: string
  readonly mark: string
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
  async read(name) {
    return (await db.selectFrom('marks').select('mark').where('name', '=', name).executeTakeFirst())?.mark
  },
  async write(name, mark) {
    await db
      .insertInto('marks')
      .values({ name, mark })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ mark }))
      .execute()
  },
  // There are few marks, and texts are ordered by rules of their own in some databases.
  under: async (prefix) =>
    (await db.selectFrom('marks').selectAll().execute()).filter(({ name }) => name.startsWith(prefix)),
  async remove(name) {
    await db.deleteFrom('marks').where('name', '=', name).execute()
  },
})
