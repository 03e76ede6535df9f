import { type Kysely, type Selectable, sql } from 'kysely'
import type { LogRow } from './request-writer.ts'
import type { Tables } from './schema.ts'
import { isSecondHand, secondHand } from './second-hand.ts'
import { addSpending } from './spending.ts'

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
  /** The id that its answer had, as the client saw it; absent where it had none. */
  readonly answerId?: string
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
  /** By its own id or by that of its answer, among those of one key: nobody finds another's. */
  findOf(keyId: string, id: string): Promise<RequestRow | undefined>
  /** Newest first. Costs the same however long the log is. */
  page(filter: RequestFilter, limit: number, after?: After): Promise<readonly RequestRow[]>
}

/** SQLite takes at most 32,766 values in a statement. */
const rowsAtOnce = 500

export const requests = (db: Kysely<Tables>): Requests => ({
  async add(rows) {
    if (db.isTransaction) await addAll(db, rows)
    else await db.transaction().execute((transaction) => addAll(transaction, rows))
  },
  async find(id) {
    const row = await db.selectFrom('requests').selectAll().where('id', '=', id).executeTakeFirst()
    return row && readRow(row)
  },
  async findOf(keyId, id) {
    const own = db.selectFrom('requests').selectAll().where('key_id', '=', keyId).limit(1)
    const row =
      (await own.where('id', '=', id).executeTakeFirst()) ??
      // The index leaves out those without an answer's id, and is used by whoever says so.
      (await own
        .where('answer_id', '=', id)
        .where('answer_id', '<>', sql.lit(''))
        .orderBy('at', 'desc')
        .executeTakeFirst())
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

/** A row that is there already is left as it is, and not counted again. */
async function addAll(db: Kysely<Tables>, rows: readonly RequestRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    const some = rows.slice(from, from + rowsAtOnce)
    const added = await db
      .insertInto('requests')
      .values(some.map(writeRow))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id')
      .execute()
    const ids = new Set(added.map(({ id }) => id))
    // Of two rows with one id in the same batch the first was written.
    const first = some.filter(({ id }) => ids.delete(id))
    await addSpending(db, first)
    const late = some.filter((row) => !first.includes(row) && !isSecondHand(row.outcome))
    if (late.length > 0) await replace(db, late)
  }
}

/** Where these rows were written second-hand, as they are now. */
async function replace(db: Kysely<Tables>, rows: readonly RequestRow[]): Promise<void> {
  const ids = [...new Set(rows.map(({ id }) => id))]
  const guessed = await db
    .selectFrom('requests')
    .selectAll()
    .where('id', 'in', ids)
    .where('outcome', 'in', secondHand)
    .execute()
  for (const old of guessed) {
    const row = rows.find(({ id }) => id === old.id)
    if (!row) throw new Error('a row that nobody asked for')
    await db.updateTable('requests').set(writeRow(row)).where('id', '=', row.id).execute()
    await addSpending(db, [readRow(old)], -1)
    await addSpending(db, [row])
  }
}

/** As its writer takes it. */
export const logRowOf = (row: RequestRow): LogRow => [
  ...([row.id, row.atMs, row.account, row.keyId, row.model, row.channel, row.outcome] as const),
  ...([row.charged, JSON.stringify(row.detail), row.answerId ?? ''] as const),
]

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
  answer_id: row.answerId ?? '',
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
  ...(row.answer_id !== '' && { answerId: row.answer_id }),
  detail: JSON.parse(row.detail),
})
