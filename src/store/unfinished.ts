import type { Kysely, Selectable } from 'kysely'
import type { Tables } from './schema.ts'

/** An answer that its vendor still works on when its request is over. It is charged when it is done. */
export interface UnfinishedRow {
  /** Whose reservation pays for it. */
  readonly requestId: string
  /** The key that asked. */
  readonly tenant: string
  readonly responseId: string
  /** What is needed to charge it, as text. */
  readonly terms: string
  /** When somebody should ask its vendor again. */
  readonly lookAtMs: number
}

export interface Unfinished {
  /** The last writer of a request wins. */
  put(row: UnfinishedRow): Promise<void>
  /** Those of one response, of one key: nobody finds another's. */
  of(tenant: string, responseId: string): Promise<readonly UnfinishedRow[]>
  /** Some of those that should be looked at, the longest due first. */
  due(nowMs: number, most: number): Promise<readonly UnfinishedRow[]>
  /** Of all who ask for the same look, in any number of processes, one is told true: it is theirs until `untilMs`. */
  take(row: UnfinishedRow, untilMs: number): Promise<boolean>
  /** false when it was gone already. */
  remove(requestId: string): Promise<boolean>
}

export const unfinished = (db: Kysely<Tables>): Unfinished => ({
  async put({ lookAtMs, requestId, responseId, tenant, terms }) {
    const row = { request_id: requestId, tenant, response_id: responseId, terms, look_at: lookAtMs }
    await db
      .insertInto('unfinished')
      .values(row)
      .onConflict((conflict) => conflict.column('request_id').doUpdateSet(row))
      .execute()
  },
  async of(tenant, responseId) {
    const found = db.selectFrom('unfinished').selectAll().where('tenant', '=', tenant)
    return (await found.where('response_id', '=', responseId).execute()).map(readRow)
  },
  async due(nowMs, most) {
    const found = db.selectFrom('unfinished').selectAll().where('look_at', '<=', nowMs)
    return (await found.orderBy('look_at').limit(most).execute()).map(readRow)
  },
  async take({ lookAtMs, requestId }, untilMs) {
    const { numUpdatedRows } = await db
      .updateTable('unfinished')
      .set({ look_at: untilMs })
      .where('request_id', '=', requestId)
      .where('look_at', '=', lookAtMs)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },
  async remove(requestId) {
    const { numDeletedRows } = await db.deleteFrom('unfinished').where('request_id', '=', requestId).executeTakeFirst()
    return numDeletedRows > 0n
  },
})

const readRow = (row: Selectable<Tables['unfinished']>): UnfinishedRow => ({
  requestId: row.request_id,
  tenant: row.tenant,
  responseId: row.response_id,
  terms: row.terms,
  lookAtMs: Number(row.look_at),
})
