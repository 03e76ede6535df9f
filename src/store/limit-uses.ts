import type { Kysely } from 'kysely'
import type { Tables } from './schema.ts'

/** What one process says that it has let in: a row of its own, written over again and again. */
export interface SaidUses {
  /** Of one life of a process; nobody else writes it. */
  readonly process: string
  /** Grows with every word of it. */
  readonly beat: number
  /** Whatever those who read it have agreed on, in JSON. */
  readonly uses: string
}

/** Where processes of one database tell each other how much of their limits is used. */
export interface LimitUses {
  say(said: SaidUses): Promise<void>
  ofOthers(process: string): Promise<readonly SaidUses[]>
  forget(process: string): Promise<void>
}

export const limitUses = (db: Kysely<Tables>): LimitUses => ({
  async say(said) {
    await db
      .insertInto('limit_uses')
      .values(said)
      .onConflict((conflict) => conflict.column('process').doUpdateSet({ beat: said.beat, uses: said.uses }))
      .execute()
  },
  async ofOthers(process) {
    const rows = await db.selectFrom('limit_uses').selectAll().where('process', '!=', process).execute()
    return rows.map((row) => ({ ...row, beat: Number(row.beat) }))
  },
  async forget(process) {
    await db.deleteFrom('limit_uses').where('process', '=', process).execute()
  },
})
