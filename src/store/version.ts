import { type Kysely, sql } from 'kysely'
import type { Tables } from './schema.ts'

const noun = 'snapshot'

/** Says that what snapshots are made of has changed; every process looks for that. */
export async function bump(db: Kysely<Tables>): Promise<void> {
  await db
    .insertInto('versions')
    .values({ noun, version: 1 })
    .onConflict((conflict) => conflict.column('noun').doUpdateSet({ version: sql`versions.version + 1` }))
    .execute()
}

/** Grows with every change of what snapshots are made of, by whomever. */
export async function versionOf(db: Kysely<Tables>): Promise<number> {
  const row = await db.selectFrom('versions').select('version').where('noun', '=', noun).executeTakeFirst()
  return Number(row?.version ?? 0)
}
