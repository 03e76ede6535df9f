import type { Kysely, Selectable } from 'kysely'
import type { Channel } from '../model/rows.ts'
import type { Tables } from './schema.ts'
import type { ClosedReason, SecretBox } from './secret-box.ts'
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

/** A credential that is there and of no use: its secret cannot be opened. */
export interface ClosedCredential {
  readonly id: string
  /** The name of its channel. */
  readonly channel: string
  readonly hint: string
  readonly reason: ClosedReason
}

/** Channels with those of their secrets that can be opened, and the credentials that cannot. */
export interface OpenedChannels {
  readonly channels: readonly Channel[]
  readonly closed: readonly ClosedCredential[]
}

export interface Channels {
  list(): Promise<readonly ChannelRow[]>
  /** By id; `after` is the last of the page before. */
  page(limit: number, after?: string): Promise<readonly ChannelRow[]>
  find(id: string): Promise<ChannelRow | undefined>
  findByName(name: string): Promise<ChannelRow | undefined>
  /** What the relay works with: enabled channels with their enabled secrets. */
  open(): Promise<OpenedChannels>
  /** The enabled secrets of one channel, whether it is enabled or not. */
  secretsOf(id: string): Promise<Pick<Channel, 'secrets'> & Pick<OpenedChannels, 'closed'>>
  save(row: Omit<ChannelRow, 'credentials'>): Promise<void>
  remove(id: string): Promise<boolean>
  addCredential(channel: string, credential: NewCredential): Promise<void>
  enableCredential(id: string, isEnabled: boolean): Promise<void>
  removeCredential(id: string): Promise<boolean>
  /**
   * Seals what is under an older key under the newest, row by row; can be stopped and called again. Gives how many were
   * sealed anew.
   */
  reseal(): Promise<number>
  /** What `reseal` has to leave: not under the newest key, or not to be opened. */
  left(): Promise<readonly ClosedCredential[]>
}

const placeOf = (credential: string): string => `credentials|${credential}|sealed`

/** Each a moment of one thread's time. */
const rowsAtOnce = 500

export const channels = (db: Kysely<Tables>, box: SecretBox): Channels => ({
  async list() {
    const rows = await db.selectFrom('channels').selectAll().orderBy('created_at').orderBy('id').execute()
    const secrets = await db.selectFrom('credentials').selectAll().orderBy('created_at').orderBy('id').execute()
    return rows.map((row) => readChannel(row, secrets))
  },
  async page(limit, after = '') {
    const query = db.selectFrom('channels').selectAll().where('id', '>', after)
    return withCredentials(db, await query.orderBy('id').limit(limit).execute())
  },
  async find(id) {
    return (await withCredentials(db, await db.selectFrom('channels').selectAll().where('id', '=', id).execute()))[0]
  },
  async findByName(name) {
    const rows = await db.selectFrom('channels').selectAll().where('name', '=', name).execute()
    return (await withCredentials(db, rows))[0]
  },
  async open() {
    const rows = await db.selectFrom('channels').selectAll().where('is_enabled', '=', 1).orderBy('created_at').execute()
    const query = db.selectFrom('credentials').selectAll().where('is_enabled', '=', 1)
    const found = Map.groupBy(await query.orderBy('created_at').orderBy('id').execute(), ({ channel_id }) => channel_id)
    const opened = rows.map((row) => ({ row, ...openAll(box, row.name, found.get(row.id) ?? []) }))
    return {
      channels: opened.map(({ row, secrets }) => ({
        name: row.name,
        // Only `save` writes this column.
        ...(JSON.parse(row.settings) as ChannelSettings),
        secrets,
      })),
      closed: opened.flatMap(({ closed }) => closed),
    }
  },
  async secretsOf(id) {
    const row = await db.selectFrom('channels').select('name').where('id', '=', id).executeTakeFirst()
    const query = db.selectFrom('credentials').selectAll().where('channel_id', '=', id).where('is_enabled', '=', 1)
    return openAll(box, row?.name ?? '', await query.orderBy('id').execute())
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
    let count = 0
    for await (const { id, sealed } of everyCredential(db)) {
      if (box.isCurrent(sealed)) continue
      const opening = box.open(sealed, placeOf(id))
      if (!opening.isOpen) continue
      const { numUpdatedRows } = await db
        .updateTable('credentials')
        .set({ sealed: box.seal(opening.secret, placeOf(id)) })
        .where('id', '=', id)
        .where('sealed', '=', sealed)
        .executeTakeFirst()
      count += Number(numUpdatedRows)
    }
    return count
  },
  async left() {
    const left: ClosedCredential[] = []
    for await (const { id, sealed, hint, channel_id } of everyCredential(db)) {
      const opening = box.open(sealed, placeOf(id))
      if (opening.isOpen && box.isCurrent(sealed)) continue
      const row = await db.selectFrom('channels').select('name').where('id', '=', channel_id).executeTakeFirst()
      const reason = opening.isOpen ? 'sealed under another master key' : opening.reason
      left.push({ id, hint, channel: row?.name ?? '', reason })
    }
    return left
  },
})

type CredentialTable = Selectable<Tables['credentials']>

/** One that cannot be opened keeps none of the others from being used. */
function openAll(box: SecretBox, channel: string, rows: readonly CredentialTable[]) {
  const opened = rows.map(({ id, hint, sealed }) => ({ id, hint, opening: box.open(sealed, placeOf(id)) }))
  return {
    secrets: opened.flatMap(({ opening }) => (opening.isOpen ? [opening.secret] : [])),
    closed: opened.flatMap(({ id, hint, opening }): ClosedCredential[] =>
      opening.isOpen ? [] : [{ id, channel, hint, reason: opening.reason }],
    ),
  }
}

async function* everyCredential(db: Kysely<Tables>): AsyncGenerator<CredentialTable> {
  for (let after = ''; ; ) {
    const query = db.selectFrom('credentials').selectAll().where('id', '>', after)
    const rows = await query.orderBy('id').limit(rowsAtOnce).execute()
    yield* rows
    const last = rows.at(-1)
    if (!last) return
    after = last.id
  }
}

async function withCredentials(
  db: Kysely<Tables>,
  rows: readonly Selectable<Tables['channels']>[],
): Promise<readonly ChannelRow[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const query = db.selectFrom('credentials').selectAll().where('channel_id', 'in', ids)
  const secrets = await query.orderBy('created_at').orderBy('id').execute()
  return rows.map((row) => readChannel(row, secrets))
}

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
