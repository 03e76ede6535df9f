import type { Channel, KeyRow } from '../model/rows.ts'

/**
 * What the hot path reads: made whole, swapped at once, never changed. A request keeps the one that it began with.
 */
export interface Snapshot {
  /** By HMAC of the key, hex. */
  readonly keys: ReadonlyMap<string, KeyRow>
  readonly channels: readonly Channel[]
}

export const snapshot = (keys: readonly KeyRow[], channels: readonly Channel[]): Snapshot =>
  Object.freeze({ keys: new Map(keys.map((key) => [key.hash, key])), channels: Object.freeze([...channels]) })
