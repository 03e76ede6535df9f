import type { Kysely, Selectable } from 'kysely'
import type { Channel } from '../model/rows.ts'
import type { Tables } from './schema.ts'
import type { SecretBox } from './secret-box.ts'
import { changing } from './version.ts'

/** Everything of a channel that is no secret and no identity. */
export type ChannelSettings = Omit<Channel, 'name' | 'secrets'>

/** A channel of the store, as those see it who manage it: its secrets never come back. */
export interface ChannelRow {
  readonly id: string
  readonly name: string
  readonly settings: ChannelSettings
  readonly isEnabled: boolean
  readonly credentials: readonly CredentialRow[]
  readonly createdAtMs: number
}

export interface CredentialRow {
  readonly id: string
  /** The last characters, to recognise it by. */
  readonly hint: string
  readonly isEnabled: boolean
  readonly createdAtMs: number
}

export interface NewCredential {
  readonly id: string
  readonly secret: string
  readonly createdAtMs: number
}

export interface Channels {
  list(): Promise<readonly ChannelRow[]>
  /** What the relay works with: enabled channels with their enabled secrets, opened. */
  open(): Promise<readonly Channel[]>
  /** The enabled secrets of one channel, opened, whether it is enabled or not. */
  secretsOf(id: string): Promise<readonly string[]>
  save(row: Omit<ChannelRow, 'credentials'>): Promise<void>
  remove(id: string): Promise<boolean>
  addCredential(channel: string, credential: NewCredential): Promise<void>
  enableCredential(id: string, isEnabled: boolean): Promise<void>
  removeCredential(id: string): Promise<boolean>
  /** Seals what is under an older key under the newest; can be stopped and called again. Gives how many were sealed anew. */
  reseal(): Promise<number>
}

const placeOf = (credential: string): string => `credentials|${credential}|sealed`

export const channels = (db: Kysely<Tables>, box: SecretBox): Channels => ({
  async list() {
    const rows = await db.selectFrom('channels').selectAll().orderBy('created_at').orderBy('id').execute()
    const secrets = await db.selectFrom('credentials').selectAll().orderBy('created_at').orderBy('id').execute()
    return rows.map((row) => readChannel(row, secrets))
  },
  async open() {
    const rows = await db.selectFrom('channels').selectAll().where('is_enabled', '=', 1).orderBy('created_at').execute()
    const query = db.selectFrom('credentials').selectAll().where('is_enabled', '=', 1)
    const secrets = await query.orderBy('created_at').orderBy('id').execute()
    return rows.map((row) => ({
      name: row.name,
      // Only `save` writes this column.
      ...(JSON.parse(row.settings) as ChannelSettings),
      secrets: secrets
        .filter(({ channel_id }) => channel_id === row.id)
        .map(({ id, sealed }) => box.open(sealed, placeOf(id))),
    }))
  },
  async secretsOf(channel) {
    const query = db.selectFrom('credentials').selectAll().where('channel_id', '=', channel).where('is_enabled', '=', 1)
    return (await query.orderBy('id').execute()).map(({ id, sealed }) => box.open(sealed, placeOf(id)))
  },
  async save(channel) {
    const row = {
      id: channel.id,
      name: channel.name,
      settings: JSON.stringify(channel.settings),
      is_enabled: Number(channel.isEnabled),
      created_at: channel.createdAtMs,
    }
    await changing(db, (inside) =>
      inside
        .insertInto('channels')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute(),
    )
  },
  async remove(id) {
    return changing(db, async (inside) => {
      await inside.deleteFrom('credentials').where('channel_id', '=', id).execute()
      const { numDeletedRows } = await inside.deleteFrom('channels').where('id', '=', id).executeTakeFirst()
      return numDeletedRows > 0n
    })
  },
  async addCredential(channel, { id, secret, createdAtMs }) {
    const row = { id, channel_id: channel, is_enabled: 1, created_at: createdAtMs }
    const sealed = box.seal(secret, placeOf(id))
    await changing(db, (inside) =>
      inside
        .insertInto('credentials')
        .values({ ...row, sealed, hint: hintOf(secret) })
        .execute(),
    )
  },
  async enableCredential(id, isEnabled) {
    await changing(db, (inside) =>
      inside
        .updateTable('credentials')
        .set({ is_enabled: Number(isEnabled) })
        .where('id', '=', id)
        .execute(),
    )
  },
  async removeCredential(id) {
    return changing(db, async (inside) => {
      const { numDeletedRows } = await inside.deleteFrom('credentials').where('id', '=', id).executeTakeFirst()
      return numDeletedRows > 0n
    })
  },
  async reseal() {
    const rows = await db.selectFrom('credentials').select(['id', 'sealed']).execute()
    const old = rows.filter(({ sealed }) => !box.isCurrent(sealed))
    for (const { id, sealed } of old) {
      const fresh = box.seal(box.open(sealed, placeOf(id)), placeOf(id))
      await db
        .updateTable('credentials')
        .set({ sealed: fresh })
        .where('id', '=', id)
        .where('sealed', '=', sealed)
        .execute()
    }
    return old.length
  },
})

/** The last four characters, and fewer of a short secret: never more than a quarter. */
export const hintOf = (secret: string): string =>
  `…${secret.slice(secret.length - Math.min(4, Math.floor(secret.length / 4)))}`

const readChannel = (
  row: Selectable<Tables['channels']>,
  secrets: readonly Selectable<Tables['credentials']>[],
): ChannelRow => ({
  id: row.id,
  name: row.name,
  settings: JSON.parse(row.settings),
  isEnabled: row.is_enabled === 1,
  credentials: secrets.filter(({ channel_id }) => channel_id === row.id).map(readCredential),
  createdAtMs: Number(row.created_at),
})

const readCredential = (row: Selectable<Tables['credentials']>): CredentialRow => ({
  id: row.id,
  hint: row.hint,
  isEnabled: row.is_enabled === 1,
  createdAtMs: Number(row.created_at),
})
