import type { IncomingHttpHeaders } from 'node:http'
import type { KeyRow } from '../model/rows.ts'
import type { Snapshot } from '../store/snapshot.ts'

/** Where clients put their key, in the order in which the first known one wins. */
const places: readonly ((headers: IncomingHttpHeaders, query: URLSearchParams | undefined) => string | undefined)[] = [
  (headers) => headers.authorization,
  (headers) => text(headers['x-api-key']),
  (headers) => text(headers['x-goog-api-key']),
  (_, query) => query?.get('key') ?? undefined,
  (headers) => text(headers['mj-api-secret']),
  (headers) => /openai-insecure-api-key\.([^\s,]+)/.exec(headers['sec-websocket-protocol'] ?? '')?.[1],
]

const text = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

const scheme = /^(?:bearer|basic)\s+/i

/** Keys as presented: schemes stripped, empty ones left out. */
export function* presentedKeys(headers: IncomingHttpHeaders, query?: URLSearchParams): Generator<string> {
  for (const place of places) {
    const key = place(headers, query)?.replace(scheme, '').trim()
    if (key) yield key
  }
}

/**
 * Keys of a snapshot that were shown already: hashing costs more than the rest of the look-up. Only known keys are in it,
 * so strangers cannot make it grow, and it goes with its snapshot, so a revoked key is forgotten.
 */
const recognised = new WeakMap<Snapshot, Map<string, KeyRow>>()

/**
 * The key that a request shows, from the snapshot. `absent`: none was shown; `unknown`: none of those shown is known.
 */
export function authenticate(
  snapshot: Snapshot,
  { hash, nowMs }: { readonly hash: (key: string) => string; readonly nowMs: number },
  headers: IncomingHttpHeaders,
  query?: URLSearchParams,
): KeyRow | 'absent' | 'unknown' {
  let known = recognised.get(snapshot)
  if (!known) {
    known = new Map()
    recognised.set(snapshot, known)
  }
  let refusal: 'absent' | 'unknown' = 'absent'
  for (const key of presentedKeys(headers, query)) {
    const remembered = known.get(key)
    if (remembered) return remembered
    const digest = hash(key)
    const row = snapshot.keys.get(digest)
    if (row?.hash === digest) {
      known.set(key, row)
      return row
    }
    // A key that was rotated is known by its former values until their time is over.
    if (row?.former?.some((former) => former.hash === digest && nowMs < former.untilMs)) return row
    refusal = 'unknown'
  }
  return refusal
}
