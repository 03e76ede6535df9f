import type { Channel, KeyRow } from '../model/rows.ts'
import type { Snapshot } from '../store/snapshot.ts'
import { matchesGlob } from './glob.ts'

/** One list for each group, the same for as long as the snapshot is: what is worked out from it can be kept with it. */
const reached = new WeakMap<readonly Channel[], Map<string, readonly Channel[]>>()

/** A group that is gone leads nowhere, not everywhere. */
const nowhere: readonly Channel[] = []

/** The channels that the group of the key's account may use. */
export function channelsFor(
  { accounts, channels, groups }: Snapshot,
  key: Pick<KeyRow, 'account'>,
): readonly Channel[] {
  const group = groups.get(accounts.get(key.account)?.group ?? '')
  if (!group) return nowhere
  if (group.channels.includes('*')) return channels
  const known = reached.get(channels) ?? new Map<string, readonly Channel[]>()
  reached.set(channels, known)
  const name = group.channels.join('\0')
  const own =
    known.get(name) ?? channels.filter((channel) => group.channels.some((glob) => matchesGlob(glob, channel.name)))
  known.set(name, own)
  return own
}
