import { type Kysely, sql } from 'kysely'
import type { Tables } from './schema.ts'

const noun = 'snapshot'

/**
 * Writes what snapshots are made of and says so, both or neither; every process looks for that. The counter comes first:
 * whoever else writes waits at it, so that nobody waits in a circle, and versions are seen in their order.
 */
export function changing<T>(db: Kysely<Tables>, run: (inside: Kysely<Tables>) => Promise<T>): Promise<T> {
  const both = async (inside: Kysely<Tables>): Promise<T> => {
    await bump(inside)
    return run(inside)
  }
  return db.isTransaction ? both(db) : db.transaction().execute(both)
}

/** Grows with every change of what snapshots are made of, by whomever. */
export async function versionOf(db: Kysely<Tables>): Promise<number> {
  const row = await db.selectFrom('versions').select('version').where('noun', '=', noun).executeTakeFirst()
  return Number(row?.version ?? 0)
}

async function bump(db: Kysely<Tables>): Promise<void> {
  await db
    .insertInto('versions')
    .values({ noun, version: 1 })
    .onConflict((conflict) => conflict.column('noun').doUpdateSet({ version: sql`versions.version + 1` }))
    .execute()
}
