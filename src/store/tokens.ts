import type { Kysely, Selectable } from 'kysely'
import type { Role } from '../model/role.ts'
import type { Tables } from './schema.ts'

/** A token of the management API. The token itself is kept nowhere, only its HMAC. */
export interface TokenRow {
  readonly id: string
  readonly name: string
  /** HMAC-SHA-256 under a pepper of its own, hex. */
  readonly hash: string
  /** First characters, to recognise it by. */
  readonly hint: string
  readonly role: Role
  readonly createdAtMs: number
}

/** Looked up at every request and kept in no snapshot: who is revoked is out at once. */
export interface Tokens {
  /** All that are not revoked. */
  list(): Promise<readonly TokenRow[]>
  /** Those that are not revoked, by id; `after` is the last of the page before. */
  page(limit: number, after?: string): Promise<readonly TokenRow[]>
  /** Undefined when there is none, or none any more. */
  find(id: string): Promise<TokenRow | undefined>
  /** By its hash; undefined when there is none, or none any more. */
  known(hash: string): Promise<TokenRow | undefined>
  add(token: TokenRow): Promise<void>
  revoke(id: string, atMs: number): Promise<void>
}

export const tokens = (db: Kysely<Tables>): Tokens => ({
  async list() {
    const rows = await db.selectFrom('tokens').selectAll().where('revoked_at', 'is', null).orderBy('id').execute()
    return rows.map(readToken)
  },
  async page(limit, after = '') {
    const query = db.selectFrom('tokens').selectAll().where('revoked_at', 'is', null).where('id', '>', after)
    return (await query.orderBy('id').limit(limit).execute()).map(readToken)
  },
  async find(id) {
    const query = db.selectFrom('tokens').selectAll().where('id', '=', id).where('revoked_at', 'is', null)
    const row = await query.executeTakeFirst()
    return row && readToken(row)
  },
  async known(hash) {
    const row = await db
      .selectFrom('tokens')
      .selectAll()
      .where('hash', '=', hash)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    return row && readToken(row)
  },
  async add({ createdAtMs, ...token }) {
    await db
      .insertInto('tokens')
      .values({ ...token, created_at: createdAtMs, revoked_at: null })
      .execute()
  },
  async revoke(id, atMs) {
    await db.updateTable('tokens').set({ revoked_at: atMs }).where('id', '=', id).execute()
  },
})

const readToken = (row: Selectable<Tables['tokens']>): TokenRow => ({
  id: row.id,
  name: row.name,
  hash: row.hash,
  hint: row.hint,
  // Only `add` writes this column.
  role: row.role as Role,
  createdAtMs: Number(row.created_at),
})
