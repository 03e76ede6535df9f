import type { Kysely, Selectable } from 'kysely'
import type { FormerKey, KeyRow } from '../model/rows.ts'
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
      former: JSON.stringify(key.former ?? []),
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

function readKey(row: Selectable<Tables['keys']>): KeyRow {
  // Only `add` writes this column.
  const former = JSON.parse(row.former) as readonly FormerKey[]
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    hint: row.hint,
    models: JSON.parse(row.models),
    aliases: JSON.parse(row.aliases),
    // And this one.
    source: row.source as KeyRow['source'],
    createdAtMs: Number(row.created_at),
    account: row.account,
    scope: readScope(row.scope),
    ...(former.length > 0 && { former }),
  }
}
