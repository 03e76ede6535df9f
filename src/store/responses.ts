import type { Kysely } from 'kysely'
import type { StoredResponse } from '../model/rows.ts'
import type { Tables } from './schema.ts'

/** Responses objects that clients may ask for again. Every look-up names the tenant: nobody finds another's. */
export interface Responses {
  find(tenant: string, id: string): Promise<StoredResponse | undefined>
  /** Items of earlier input and output by their own ids. */
  findItems(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, unknown>>
  /** The last writer wins: a response is first kept in progress, then whole. */
  put(response: StoredResponse): Promise<void>
  /** false when there was none. */
  remove(tenant: string, id: string): Promise<boolean>
  removeOlderThan(atMs: number): Promise<void>
}

export const responses = (db: Kysely<Tables>): Responses => ({
  find: (tenant, id) => find(db, tenant, id),
  async findItems(tenant, ids) {
    const rows = await db
      .selectFrom('response_items')
      .select('response_id')
      .distinct()
      .where('tenant', '=', tenant)
      .where('item_id', 'in', ids)
      .execute()
    const found = new Map<string, unknown>()
    for (const row of rows) {
      const stored = await find(db, tenant, row.response_id)
      for (const [id, item] of stored ? itemsOf(stored) : []) if (ids.includes(id)) found.set(id, item)
    }
    return found
  },
  put: (response) =>
    db.transaction().execute(async (transaction) => {
      const row = {
        tenant: response.tenant,
        id: response.id,
        channel: response.channel,
        input: JSON.stringify(response.input),
        response: JSON.stringify(response.response),
        created_at: response.createdAtMs,
      }
      await transaction
        .insertInto('responses')
        .values(row)
        .onConflict((conflict) => conflict.columns(['tenant', 'id']).doUpdateSet(row))
        .execute()
      for (const [itemId] of itemsOf(response))
        await transaction
          .insertInto('response_items')
          .values({ tenant: response.tenant, item_id: itemId, response_id: response.id })
          .onConflict((conflict) => conflict.columns(['tenant', 'item_id']).doUpdateSet({ response_id: response.id }))
          .execute()
    }),
  remove: (tenant, id) =>
    db.transaction().execute(async (transaction) => {
      await transaction
        .deleteFrom('response_items')
        .where('tenant', '=', tenant)
        .where('response_id', '=', id)
        .execute()
      const { numDeletedRows } = await transaction
        .deleteFrom('responses')
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .executeTakeFirst()
      return numDeletedRows > 0n
    }),
  async removeOlderThan(atMs) {
    const old = db.selectFrom('responses').select('id').where('created_at', '<', atMs)
    await db.deleteFrom('response_items').where('response_id', 'in', old).execute()
    await db.deleteFrom('responses').where('created_at', '<', atMs).execute()
  },
})

async function find(db: Kysely<Tables>, tenant: string, id: string): Promise<StoredResponse | undefined> {
  const row = await db
    .selectFrom('responses')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  return {
    id: row.id,
    tenant: row.tenant,
    channel: row.channel,
    input: JSON.parse(row.input),
    response: JSON.parse(row.response),
    createdAtMs: Number(row.created_at),
  }
}

/** Items that can be referred to: output of this response, and the input that came with an id. */
function itemsOf({ input, response }: StoredResponse): [string, unknown][] {
  const output: readonly unknown[] = Array.isArray(response.output) ? response.output : []
  return [...input, ...output].flatMap((item): [string, unknown][] =>
    typeof item === 'object' && item !== null && 'id' in item && typeof item.id === 'string' ? [[item.id, item]] : [],
  )
}
