import type { Kysely } from 'kysely'
import type { Tables } from './schema.ts'

/** One change that somebody made. Never edited, never removed. */
export interface AuditRow {
  readonly id: string
  readonly atMs: number
  /** `root`, a key's id, `file`, `command`. */
  readonly actor: string
  /** Where it was asked from; absent for the command line, and of what was noted before addresses were. */
  readonly address?: string
  /** `key.create`, `channel.update`, `ledger.credit`. */
  readonly action: string
  /** The id of what was changed. */
  readonly subject: string
  /** What it was and is, without secrets. */
  readonly change: unknown
}

export interface Audit {
  add(row: AuditRow): Promise<void>
  /** Newest first; `before` is the id of the last row of the page before. Ids sort by time. */
  page(limit: number, before?: string): Promise<readonly AuditRow[]>
}

export const audit = (db: Kysely<Tables>): Audit => ({
  async add({ id, atMs, actor, address = '', action, subject, change }) {
    await db
      .insertInto('audit')
      .values({ id, at: atMs, actor, address, action, subject, change: JSON.stringify(change) })
      .execute()
  },
  async page(limit, before) {
    const query = db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit)
    const rows = await (before === undefined ? query : query.where('id', '<', before)).execute()
    return rows.map(({ at, address, change, ...row }) => ({
      ...row,
      atMs: Number(at),
      ...(address !== '' && { address }),
      change: JSON.parse(change),
    }))
  },
})
