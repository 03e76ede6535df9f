import type { ExpressionBuilder, Kysely } from 'kysely'
import { inParts } from './expiry.ts'
import type { Tables } from './schema.ts'

/** A request that its client wants answered and charged once, however often it is sent. */
export interface AskedOnce {
  /** The key that asks; another's names are its own. */
  readonly tenant: string
  /** As the client calls it. */
  readonly name: string
  /** A hash of what was asked. */
  readonly asked: string
  readonly requestId: string
}

export type Claim =
  /** This request is the one that is answered. */
  | { readonly is: 'ours' }
  /** Another is being answered. Nobody but it may end that, until its lease is over. */
  | { readonly is: 'under way'; readonly leaseUntilMs: number }
  /** The lease of another is over: its process has died. What became of the request is for the ledger to say. */
  | { readonly is: 'abandoned'; readonly requestId: string }
  /** The name stands for another request. */
  | { readonly is: 'different' }
  /** Answered; the answer as it was kept. */
  | { readonly is: 'answered'; readonly answer: string }

export interface Lease {
  readonly nowMs: number
  readonly leaseMs: number
}

export interface Idempotency {
  /** Of any number at once, in any number of processes, one is told `ours`. */
  claim(asked: AskedOnce, lease: Lease & { readonly keptMs: number }): Promise<Claim>
  /** Goes on in the place of the request whose process has died. Of any number one is told true. */
  takeOver(asked: AskedOnce, from: string, lease: Lease & { readonly keptMs: number }): Promise<boolean>
  /** The request is still being answered. */
  renew(asked: AskedOnce, lease: Lease): Promise<void>
  /** Keeps the answer, unless somebody else has taken over. */
  keep(asked: AskedOnce, answer: string): Promise<void>
  /** There is nothing to keep: the name is free again. */
  release(asked: AskedOnce): Promise<void>
  removeExpired(nowMs: number): Promise<void>
}

export const idempotency = (db: Kysely<Tables>): Idempotency => {
  const own = ({ tenant, name, requestId }: AskedOnce) =>
    ({ tenant, name, request_id: requestId, state: 'under way' }) as const
  return {
    async claim(asked, { nowMs, leaseMs, keptMs }) {
      const row = {
        ...own(asked),
        asked: asked.asked,
        lease_until: nowMs + leaseMs,
        expires_at: nowMs + keptMs,
        answer: '',
      }
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('idempotency')
        .values(row)
        // The day of the one that is there is over.
        .onConflict((conflict) =>
          conflict.columns(['tenant', 'name']).doUpdateSet(row).where('idempotency.expires_at', '<=', nowMs),
        )
        .executeTakeFirst()
      return (numInsertedOrUpdatedRows ?? 0n) > 0n ? { is: 'ours' } : claimed(db, asked, nowMs)
    },
    async takeOver(asked, from, { nowMs, leaseMs, keptMs }) {
      const { numUpdatedRows } = await db
        .updateTable('idempotency')
        .set({ request_id: asked.requestId, lease_until: nowMs + leaseMs, expires_at: nowMs + keptMs })
        .where(matching({ ...own(asked), request_id: from }))
        .where('lease_until', '<=', nowMs)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async renew(asked, { nowMs, leaseMs }) {
      const lease_until = nowMs + leaseMs
      await db
        .updateTable('idempotency')
        .set({ lease_until })
        .where(matching(own(asked)))
        .execute()
    },
    async keep(asked, answer) {
      await db
        .updateTable('idempotency')
        .set({ state: 'answered', answer })
        .where(matching(own(asked)))
        .execute()
    },
    async release(asked) {
      await db
        .deleteFrom('idempotency')
        .where(matching(own(asked)))
        .execute()
    },
    async removeExpired(nowMs) {
      await inParts(async (most) => {
        const { numDeletedRows } = await db
          .deleteFrom('idempotency')
          .where(({ eb, refTuple, selectFrom }) =>
            eb(
              refTuple('tenant', 'name'),
              'in',
              selectFrom('idempotency')
                .select(['tenant', 'name'])
                .where('expires_at', '<=', nowMs)
                .orderBy('expires_at')
                .limit(most)
                .$asTuple('tenant', 'name'),
            ),
          )
          // It may have been claimed anew since it was found.
          .where('expires_at', '<=', nowMs)
          .executeTakeFirst()
        return numDeletedRows
      })
    },
  }
}

async function claimed(db: Kysely<Tables>, { tenant, name, asked }: AskedOnce, nowMs: number): Promise<Claim> {
  const row = await db
    .selectFrom('idempotency')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst()
  // It was released in this very moment: whoever asks again gets it.
  if (!row) return { is: 'under way', leaseUntilMs: nowMs }
  if (row.asked !== asked) return { is: 'different' }
  if (row.state === 'answered') return { is: 'answered', answer: row.answer }
  const leaseUntilMs = Number(row.lease_until)
  return leaseUntilMs <= nowMs ? { is: 'abandoned', requestId: row.request_id } : { is: 'under way', leaseUntilMs }
}

const matching =
  (columns: Readonly<Record<'tenant' | 'name' | 'request_id' | 'state', string>>) =>
  ({ and }: ExpressionBuilder<Tables, 'idempotency'>) =>
    and(columns)
