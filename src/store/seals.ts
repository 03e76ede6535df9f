import type { Kysely } from 'kysely'
import { inParts } from './expiry.ts'
import type { Tables } from './schema.ts'

/**
 * Envelopes kept for clients whose format drops them (Chat Completions), found again by the id of the tool call that
 * they belong to. What is lost here costs quality, never correctness.
 */
export interface Seals {
  find(tenant: string, callIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  put(tenant: string, callId: string, envelope: string, expiresAtMs: number): Promise<void>
  removeExpired(atMs: number): Promise<void>
}

export const seals = (db: Kysely<Tables>): Seals => ({
  async find(tenant, callIds) {
    const found = new Map<string, string>()
    // Engines limit the number of bound values; a long agent session has thousands of calls.
    for (let from = 0; from < callIds.length; from += 500) {
      const rows = await db
        .selectFrom('seals')
        .select(['call_id', 'envelope'])
        .where('tenant', '=', tenant)
        .where('call_id', 'in', callIds.slice(from, from + 500))
        .execute()
      for (const row of rows) found.set(row.call_id, row.envelope)
    }
    return found
  },
  async put(tenant, callId, envelope, expiresAtMs) {
    const row = { tenant, call_id: callId, envelope, expires_at: expiresAtMs }
    await db
      .insertInto('seals')
      .values(row)
      .onConflict((conflict) => conflict.columns(['tenant', 'call_id']).doUpdateSet(row))
      .execute()
  },
  async removeExpired(atMs) {
    await inParts(async (most) => {
      const { numDeletedRows } = await db
        .deleteFrom('seals')
        .where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple('tenant', 'call_id'),
            'in',
            selectFrom('seals')
              .select(['tenant', 'call_id'])
              .where('expires_at', '<', atMs)
              .orderBy('expires_at')
              .limit(most)
              .$asTuple('tenant', 'call_id'),
          ),
        )
        // It may have been renewed since it was found.
        .where('expires_at', '<', atMs)
        .executeTakeFirst()
      return numDeletedRows
    })
  },
})
