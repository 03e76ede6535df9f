import type { Account, Group } from '../model/account.ts'
import { defaultRouting, type Routing } from '../model/routing.ts'
import type { Channel, KeyRow } from '../model/rows.ts'

/**
 * What the hot path reads: made whole, swapped at once, never changed. A request keeps the one that it began with.
 */
export interface Snapshot {
  /** By HMAC of the key, hex; a rotated key is there under its former one too. */
  readonly keys: ReadonlyMap<string, KeyRow>
  readonly channels: readonly Channel[]
  /** By id. */
  readonly accounts: ReadonlyMap<string, Account>
  /** By name. */
  readonly groups: ReadonlyMap<string, Group>
  /** Whose `x-forwarded-for` is believed. */
  readonly trustedProxies: readonly string[]
  readonly routing: Routing
}

export interface SnapshotRows {
  readonly keys: readonly KeyRow[]
  readonly channels: readonly Channel[]
  readonly accounts: readonly Account[]
  readonly groups: readonly Group[]
  readonly trustedProxies: readonly string[]
  /** Absent: as it is when nothing is configured. */
  readonly routing?: Routing
}

export const snapshot = ({ keys, channels, accounts, groups, trustedProxies, routing }: SnapshotRows): Snapshot =>
  Object.freeze({
    keys: new Map([
      ...keys.flatMap((key) => (key.previous ? [[key.previous.hash, key] as const] : [])),
      ...keys.map((key) => [key.hash, key] as const),
    ]),
    channels: Object.freeze([...channels]),
    accounts: new Map(accounts.map((account) => [account.id, account])),
    groups: new Map(groups.map((group) => [group.name, group])),
    trustedProxies,
    routing: routing ?? defaultRouting,
  })
