import type { Channel } from '../model/rows.ts'
import type { ChannelRow } from '../store/channels.ts'
import type { Admin } from './admin.ts'
import { fileId } from './channel-told.ts'

/** Channels of the store. */
export const rowsOf = (admin: Admin): Promise<readonly ChannelRow[]> => admin.relay.store.channels(admin.box).list()

/** Channels that are served and are not of the store: those of the file, of the environment, and our own. */
export const ofFile = ({ relay }: Admin, rows: readonly ChannelRow[]): readonly Channel[] => {
  const stored = new Set(rows.map(({ name }) => name))
  return relay.snapshot().channels.filter(({ name }) => !stored.has(name))
}

/** What the relay would ask by this id, served or not, with its credentials opened. */
export async function findChannel(admin: Admin, id: string): Promise<Channel | undefined> {
  const rows = await rowsOf(admin)
  const row = rows.find((one) => one.id === id)
  if (!row) return ofFile(admin, rows).find(({ name }) => fileId(name) === id)
  const secrets = await admin.relay.store.channels(admin.box).secretsOf(id)
  return { name: row.name, ...row.settings, secrets }
}

/** @throws Error when it is not there: it was written a moment ago. */
export function findRow(rows: readonly ChannelRow[], id: string): ChannelRow {
  const row = rows.find((one) => one.id === id)
  if (!row) throw new Error(`channel ${id} is not in the store`)
  return row
}
