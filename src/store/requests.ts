import type { Kysely, Selectable } from 'kysely'
import type { Tables } from './schema.ts'

/** What is kept of a request that was answered or refused by upstreams: figures, never words. */
export interface RequestRow {
  readonly id: string
  readonly atMs: number
  readonly account: string
  readonly keyId: string
  /** As it was asked for. */
  readonly model: string
  /** That answered last; empty where none was asked. */
  readonly channel: string
  readonly outcome: string
  /** Nano-USD. */
  readonly charged: bigint
  /** Usage, price, attempts, durations, losses. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** Where a page of the log begins: after the row of this time and id. */
export interface After {
  readonly atMs: number
  readonly id: string
}

export interface RequestFilter {
  readonly account?: string
  readonly keyId?: string
  readonly fromMs?: number
  readonly toMs?: number
}

export interface Requests {
  add(rows: readonly RequestRow[]): Promise<void>
  find(id: string): Promise<RequestRow | undefined>
  /** Newest first. Costs the same however long the log is. */
  page(filter: RequestFilter, limit: number, after?: After): Promise<readonly RequestRow[]>
}

/** SQLite takes at most 32,766 values in a statement. */
const rowsAtOnce = 500

export const requests = (db: Kysely<Tables>): Requests => ({
  async add(rows) {
    for (let from = 0; from < rows.length; from += rowsAtOnce)
      await db
        .insertInto('requests')
        .values(rows.slice(from, from + rowsAtOnce).map(writeRow))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
  },
  async find(id) {
    const row = await db.selectFrom('requests').selectAll().where('id', '=', id).executeTakeFirst()
    return row && readRow(row)
  },
  async page({ account, keyId, fromMs, toMs }, limit, after) {
    let query = db.selectFrom('requests').selectAll().orderBy('at', 'desc').orderBy('id', 'desc').limit(limit)
    if (account !== undefined) query = query.where('account', '=', account)
    if (keyId !== undefined) query = query.where('key_id', '=', keyId)
    if (fromMs !== undefined) query = query.where('at', '>=', fromMs)
    if (toMs !== undefined) query = query.where('at', '<', toMs)
    if (after)
      query = query.where(({ eb, or, and }) =>
        or([eb('at', '<', after.atMs), and([eb('at', '=', after.atMs), eb('id', '<', after.id)])]),
      )
    return (await query.execute()).map(readRow)
  },
})

const writeRow = (row: RequestRow) => ({
  id: row.id,
  at: row.atMs,
  account: row.account,
  key_id: row.keyId,
  model: row.model,
  channel: row.channel,
  outcome: row.outcome,
  charged: row.charged,
  detail: JSON.stringify(row.detail),
})

const readRow = (row: Selectable<Tables['requests']>): RequestRow => ({
  id: row.id,
  atMs: Number(row.at),
  account: row.account,
  keyId: row.key_id,
  model: row.model,
  channel: row.channel,
  outcome: row.outcome,
  charged: BigInt(row.charged),
  detail: JSON.parse(row.detail),
})
