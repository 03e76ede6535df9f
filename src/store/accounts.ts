import type { Kysely, Selectable } from 'kysely'
import type { Account, Group } from '../model/account.ts'
import type { Tables } from './schema.ts'
import { changing } from './version.ts'

export interface Accounts {
  list(): Promise<readonly Account[]>
  find(id: string): Promise<Account | undefined>
  /** By id; `after` is the last of the page before. */
  page(limit: number, after?: string): Promise<readonly Account[]>
  /** An account that is there already is as it is said now; its money is elsewhere and stays. */
  save(account: Account): Promise<void>
  findByName(name: string): Promise<Account | undefined>
  /** How many are in a group. */
  countIn(group: string): Promise<number>
  groups(): Promise<readonly Group[]>
  findGroup(name: string): Promise<Group | undefined>
  /** By name; `after` is the last of the page before. */
  groupPage(limit: number, after?: string): Promise<readonly Group[]>
  saveGroup(group: Group): Promise<void>
  removeGroup(name: string): Promise<void>
}

export const accounts = (db: Kysely<Tables>): Accounts => ({
  async list() {
    const rows = await db.selectFrom('accounts').selectAll().orderBy('created_at').orderBy('id').execute()
    return rows.map(readAccount)
  },
  async find(id) {
    const row = await db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst()
    return row && readAccount(row)
  },
  async page(limit, after = '') {
    const query = db.selectFrom('accounts').selectAll().where('id', '>', after)
    return (await query.orderBy('id').limit(limit).execute()).map(readAccount)
  },
  async save(account) {
    const row = {
      id: account.id,
      name: account.name,
      group_name: account.group,
      is_enabled: Number(account.isEnabled),
      credit_limit: account.creditLimit ?? null,
      limits: JSON.stringify(account.limits),
      source: account.source,
      created_at: account.createdAtMs,
    }
    await changing(db, (inside) =>
      inside
        .insertInto('accounts')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute(),
    )
  },
  async findByName(name) {
    const row = await db.selectFrom('accounts').selectAll().where('name', '=', name).executeTakeFirst()
    return row && readAccount(row)
  },
  async countIn(group) {
    const query = db.selectFrom('accounts').select(({ fn }) => fn.countAll().as('count'))
    return Number((await query.where('group_name', '=', group).executeTakeFirstOrThrow()).count)
  },
  async findGroup(name) {
    const row = await db.selectFrom('groups').selectAll().where('name', '=', name).executeTakeFirst()
    return row && readGroup(row)
  },
  async groupPage(limit, after = '') {
    const query = db.selectFrom('groups').selectAll().where('name', '>', after)
    return (await query.orderBy('name').limit(limit).execute()).map(readGroup)
  },
  async groups() {
    const rows = await db.selectFrom('groups').selectAll().orderBy('name').execute()
    return rows.map(readGroup)
  },
  async saveGroup(group) {
    const row = {
      name: group.name,
      multiplier_ppm: group.multiplierPpm,
      channels: JSON.stringify(group.channels),
      source: group.source,
    }
    await changing(db, (inside) =>
      inside
        .insertInto('groups')
        .values(row)
        .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
        .execute(),
    )
  },
  async removeGroup(name) {
    await changing(db, (inside) => inside.deleteFrom('groups').where('name', '=', name).execute())
  },
})

const readAccount = (row: Selectable<Tables['accounts']>): Account => ({
  id: row.id,
  name: row.name,
  group: row.group_name,
  isEnabled: row.is_enabled === 1,
  ...(row.credit_limit !== null && { creditLimit: BigInt(row.credit_limit) }),
  limits: JSON.parse(row.limits),
  // Only `save` writes this column.
  source: row.source as Account['source'],
  createdAtMs: Number(row.created_at),
})

const readGroup = (row: Selectable<Tables['groups']>): Group => ({
  name: row.name,
  multiplierPpm: BigInt(row.multiplier_ppm),
  channels: JSON.parse(row.channels),
  // Only `saveGroup` writes this column.
  source: row.source as Group['source'],
})
