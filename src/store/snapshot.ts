import type { Account, Group, ModelLimits } from '../model/account.ts'
import { defaultRouting, type Routing } from '../model/routing.ts'
import type { Channel, KeyRow } from '../model/rows.ts'
import type { KnownClosed } from './closed.ts'

/**
 * What the hot path reads: made whole, swapped at once, never changed. A request keeps the one that it began with.
 */
export interface Snapshot {
  /** By HMAC of the key, hex; a rotated key is there under its former ones too. */
  readonly keys: ReadonlyMap<string, KeyRow>
  /** Those that can be asked. */
  readonly channels: readonly Channel[]
  /** Channels whose credentials cannot be opened, none of them: to ask without would be to be refused. */
  readonly shutChannels: readonly Channel[]
  /** Of `channels`, those that are not of the store: of the file, of the environment, and our own. */
  readonly fileChannels: readonly Channel[]
  /** Credentials of no use, those of channels that have others too. */
  readonly closed: readonly KnownClosed[]
  /** By id. */
  readonly accounts: ReadonlyMap<string, Account>
  /** By name. */
  readonly groups: ReadonlyMap<string, Group>
  /** Of models, whoever asks for them. */
  readonly modelLimits: readonly ModelLimits[]
  /** Whose `x-forwarded-for` is believed. */
  readonly trustedProxies: readonly string[]
  readonly routing: Routing
}

export interface SnapshotRows {
  readonly keys: readonly KeyRow[]
  /** Of the store; some may have the name of one of the file, which counts then. */
  readonly channels: readonly Channel[]
  readonly fileChannels?: readonly Channel[]
  readonly closed?: readonly KnownClosed[]
  readonly accounts: readonly Account[]
  readonly groups: readonly Group[]
  readonly modelLimits?: readonly ModelLimits[]
  readonly trustedProxies: readonly string[]
  /** Absent: as it is when nothing is configured. */
  readonly routing?: Routing
}

export const snapshot = ({
  keys,
  channels,
  fileChannels = [],
  closed = [],
  accounts,
  groups,
  modelLimits = [],
  trustedProxies,
  routing,
}: SnapshotRows): Snapshot =>
  Object.freeze({
    keys: new Map([
      ...keys.flatMap((key) => (key.former ?? []).map(({ hash }) => [hash, key] as const)),
      ...keys.map((key) => [key.hash, key] as const),
    ]),
    ...sorted(fileChannels, channels, closed),
    fileChannels,
    closed,
    accounts: new Map(accounts.map((account) => [account.id, account])),
    groups: new Map(groups.map((group) => [group.name, group])),
    modelLimits,
    trustedProxies,
    routing: routing ?? defaultRouting,
  })

/** Where a file names a channel that the store has too, the file counts: it was written by hand, and later. */
function sorted(
  ofFile: readonly Channel[],
  stored: readonly Channel[],
  closed: readonly KnownClosed[],
): Pick<Snapshot, 'channels' | 'shutChannels'> {
  const taken = new Set(ofFile.map(({ name }) => name))
  const half = new Set(closed.map(({ channel }) => channel))
  const others = stored.filter(({ name }) => !taken.has(name))
  const isShut = ({ name, secrets }: Channel): boolean => secrets.length === 0 && half.has(name)
  return {
    channels: Object.freeze([...ofFile, ...others.filter((channel) => !isShut(channel))]),
    shutChannels: Object.freeze(others.filter(isShut)),
  }
}
