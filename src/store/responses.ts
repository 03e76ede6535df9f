import type { Kysely } from 'kysely'
import type { StoredResponse } from '../model/rows.ts'
import { inParts } from './expiry.ts'
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
    const wanted = new Set(ids)
    const found = new Map<string, unknown>()
    for (const owner of await ownersOf(db, tenant, [...wanted])) {
      const stored = await find(db, tenant, owner)
      for (const [id, item] of stored ? itemsOf(stored) : []) if (wanted.has(id)) found.set(id, item)
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
          // Later responses repeat the items of earlier ones in their input; these stay the earlier one's.
          .onConflict((conflict) => conflict.columns(['tenant', 'item_id']).doNothing())
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
  removeOlderThan: (atMs) =>
    inParts((most) => db.transaction().execute((transaction) => removeSome(transaction, atMs, most))),
})

/** The oldest, with their items. */
async function removeSome(transaction: Kysely<Tables>, atMs: number, most: number): Promise<number> {
  const removed = await transaction
    .deleteFrom('responses')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('tenant', 'id'),
        'in',
        selectFrom('responses')
          .select(['tenant', 'id'])
          .where('created_at', '<', atMs)
          .orderBy('created_at')
          .limit(most)
          .$asTuple('tenant', 'id'),
      ),
    )
    // It may have been put anew since it was found.
    .where('created_at', '<', atMs)
    .returning(['tenant', 'id'])
    .execute()
  for (const [tenant, of] of Map.groupBy(removed, (row) => row.tenant))
    await transaction
      .deleteFrom('response_items')
      .where('tenant', '=', tenant)
      .where(
        'response_id',
        'in',
        of.map(({ id }) => id),
      )
      .execute()
  return removed.length
}

/** Ids of the responses that these items belong to. */
async function ownersOf(db: Kysely<Tables>, tenant: string, itemIds: readonly string[]): Promise<ReadonlySet<string>> {
  const owners = new Set<string>()
  // Engines limit the number of bound values, and a client may name any number of items.
  for (let from = 0; from < itemIds.length; from += 500) {
    const rows = await db
      .selectFrom('response_items')
      .select('response_id')
      .distinct()
      .where('tenant', '=', tenant)
      .where('item_id', 'in', itemIds.slice(from, from + 500))
      .execute()
    for (const row of rows) owners.add(row.response_id)
  }
  return owners
}

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
