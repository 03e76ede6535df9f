import type { Channel } from '../model/rows.ts'
import type { ChannelRow, Channels, ClosedCredential } from '../store/channels.ts'
import type { Admin } from './admin.ts'
import { fileId } from './channel-told.ts'

/** Channels that are served and are not of the store: those of the file, of the environment, and our own. */
export const ofFile = ({ relay }: Admin): readonly Channel[] => relay.snapshot().fileChannels

/** One of those, by its id. */
export const findOfFile = (admin: Admin, id: string): Channel | undefined =>
  ofFile(admin).find(({ name }) => fileId(name) === id)

/** A channel with the credentials of it that cannot be used. */
export interface FoundChannel extends Channel {
  readonly closed: readonly ClosedCredential[]
}

/** What the relay would ask by this id, served or not, with its credentials opened. */
export async function findChannel(admin: Admin, id: string): Promise<FoundChannel | undefined> {
  const channels = admin.relay.store.channels(admin.box)
  const row = await channels.find(id)
  if (row) return { name: row.name, ...row.settings, ...(await channels.secretsOf(id)) }
  const other = findOfFile(admin, id)
  return other && { ...other, closed: [] }
}

/**
 * One of the store that is there for certain.
 * @throws Error when it is not: it was written a moment ago.
 */
export async function writtenRow(channels: Channels, id: string): Promise<ChannelRow> {
  const row = await channels.find(id)
  if (!row) throw new Error(`channel ${id} is not in the store`)
  return row
}
