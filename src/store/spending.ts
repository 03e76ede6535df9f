import type { Kysely } from 'kysely'
import type { RequestRow } from './requests.ts'
import type { Tables } from './schema.ts'

/** The sums of the request log, a row for each key and day (UTC), so that no figure costs more than its days. */
export interface Spending {
  /** Nano-USD that a key, or all keys of an account, were charged: in all, or in a time that is rounded to whole days. */
  sum(whose: Spender, within?: { readonly fromMs: number; readonly toMs: number }): Promise<bigint>
}

export type Spender = { readonly keyId: string } | { readonly account: string }

export const dayMs = 86_400_000

export const spending = (db: Kysely<Tables>): Spending => ({
  async sum(whose, within) {
    let query = db.selectFrom('spending').select(({ fn }) => fn.sum('charged').as('charged'))
    query = 'keyId' in whose ? query.where('key_id', '=', whose.keyId) : query.where('account', '=', whose.account)
    if (within) query = query.where('day', '>=', dayOf(within.fromMs)).where('day', '<=', dayOf(within.toMs))
    return BigInt((await query.executeTakeFirst())?.charged ?? 0)
  },
})

/** Adds rows that were just written, in the same transaction, so that a row counts once; or takes them away again. */
export async function addSpending(db: Kysely<Tables>, rows: readonly RequestRow[], sign: 1 | -1 = 1): Promise<void> {
  const sums = [...Map.groupBy(rows, ({ keyId, account, atMs }) => `${keyId}\0${account}\0${dayOf(atMs)}`)]
  // In one order, so that no two processes wait for each other.
  for (const [, of] of sums.sort(([one], [other]) => (one < other ? -1 : 1))) {
    const [first] = of
    if (!first) throw new Error('a group without a row')
    await db
      .insertInto('spending')
      .values({
        key_id: first.keyId,
        account: first.account,
        day: dayOf(first.atMs),
        charged: BigInt(sign) * of.reduce((sum, { charged }) => sum + charged, 0n),
        requests: sign * of.length,
      })
      .onConflict((conflict) =>
        conflict.columns(['key_id', 'account', 'day']).doUpdateSet(({ eb, ref }) => ({
          charged: eb('spending.charged', '+', ref('excluded.charged')),
          requests: eb('spending.requests', '+', ref('excluded.requests')),
        })),
      )
      .execute()
  }
}

export const dayOf = (atMs: number): number => Math.floor(atMs / dayMs)
