import type { Kysely, Selectable } from 'kysely'
import type { Tables } from './schema.ts'
import { changing } from './version.ts'

/** A price that somebody set. Rows are only added: a new price is a new row, so that a charge can be worked out again. */
export interface StoredPrice {
  readonly id: string
  /** The name that clients ask for, or a glob. */
  readonly model: string
  /** USD as they were written: per million tokens, per picture, second, search or request. */
  readonly rates: Readonly<Record<string, unknown>>
  readonly validFromMs: number
  readonly source: 'file' | 'api'
  readonly createdAtMs: number
}

export interface Prices {
  list(): Promise<readonly StoredPrice[]>
  /** By id; `after` is the last of the page before. */
  page(limit: number, after?: string): Promise<readonly StoredPrice[]>
  /** One that is there already stays as it is. */
  add(price: StoredPrice): Promise<void>
}

export const prices = (db: Kysely<Tables>): Prices => ({
  async list() {
    const rows = await db.selectFrom('prices').selectAll().orderBy('created_at').orderBy('id').execute()
    return rows.map(readPrice)
  },
  async page(limit, after = '') {
    const query = db.selectFrom('prices').selectAll().where('id', '>', after)
    return (await query.orderBy('id').limit(limit).execute()).map(readPrice)
  },
  async add(price) {
    const row = {
      id: price.id,
      model: price.model,
      rates: JSON.stringify(price.rates),
      valid_from: price.validFromMs,
      source: price.source,
      created_at: price.createdAtMs,
    }
    await changing(db, (inside) =>
      inside
        .insertInto('prices')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute(),
    )
  },
})

const readPrice = (row: Selectable<Tables['prices']>): StoredPrice => ({
  id: row.id,
  model: row.model,
  rates: JSON.parse(row.rates),
  validFromMs: Number(row.valid_from),
  // Only `add` writes this column.
  source: row.source as StoredPrice['source'],
  createdAtMs: Number(row.created_at),
})
