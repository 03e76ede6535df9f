import type { Kysely, Selectable } from 'kysely'
import type { KeyRow } from '../model/rows.ts'
import type { Tables } from './schema.ts'
import { readScope, writeScope } from './scope.ts'
import { changing } from './version.ts'

export interface Keys {
  /** All that are not revoked. */
  list(): Promise<readonly KeyRow[]>
  /** Undefined when there is none, or none any more. */
  find(id: string): Promise<KeyRow | undefined>
  /** Those that are not revoked, by id; `after` is the last of the page before. */
  page(filter: { readonly account?: string }, limit: number, after?: string): Promise<readonly KeyRow[]>
  /** A key that was kept before, revoked or not, is as it is said now. */
  add(key: KeyRow): Promise<void>
  /** Takes effect for new requests as soon as snapshots are made again. */
  revoke(id: string, atMs: number): Promise<void>
}

export const keys = (db: Kysely<Tables>): Keys => ({
  async list() {
    const rows = await db.selectFrom('keys').selectAll().where('revoked_at', 'is', null).orderBy('created_at').execute()
    return rows.map(readKey)
  },
  async find(id) {
    const query = db.selectFrom('keys').selectAll().where('id', '=', id).where('revoked_at', 'is', null)
    const row = await query.executeTakeFirst()
    return row && readKey(row)
  },
  async page({ account }, limit, after = '') {
    const query = db.selectFrom('keys').selectAll().where('revoked_at', 'is', null).where('id', '>', after)
    const asked = account === undefined ? query : query.where('account', '=', account)
    return (await asked.orderBy('id').limit(limit).execute()).map(readKey)
  },
  async add(key) {
    const row = {
      id: key.id,
      name: key.name,
      hash: key.hash,
      hint: key.hint,
      models: JSON.stringify(key.models),
      aliases: JSON.stringify(key.aliases),
      source: key.source,
      created_at: key.createdAtMs,
      revoked_at: null,
      account: key.account,
      scope: writeScope(key.scope),
      previous_hash: key.previous?.hash ?? null,
      previous_until: key.previous?.untilMs ?? null,
    }
    await changing(db, (inside) =>
      inside
        .insertInto('keys')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute(),
    )
  },
  async revoke(id, atMs) {
    await changing(db, (inside) => inside.updateTable('keys').set({ revoked_at: atMs }).where('id', '=', id).execute())
  },
})

const readKey = (row: Selectable<Tables['keys']>): KeyRow => ({
  id: row.id,
  name: row.name,
  hash: row.hash,
  hint: row.hint,
  models: JSON.parse(row.models),
  aliases: JSON.parse(row.aliases),
  // Only `add` writes this column.
  source: row.source as KeyRow['source'],
  createdAtMs: Number(row.created_at),
  account: row.account,
  scope: readScope(row.scope),
  ...(row.previous_hash !== null && {
    previous: { hash: row.previous_hash, untilMs: Number(row.previous_until) },
  }),
})
