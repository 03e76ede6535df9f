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

/** Keys as presented: schemes stripped, empty ones left out. */
export const presentedKeys = (headers: IncomingHttpHeaders, query?: URLSearchParams): string[] =>
  places.flatMap(
    (place) =>
      place(headers, query)
        ?.replace(/^(bearer|basic)\s+/i, '')
        .trim() || [],
  )

/**
 * The key that a request shows, from the snapshot. `absent`: none was shown; `unknown`: none of those shown is known.
 */
export function authenticate(
  snapshot: Snapshot,
  hash: (key: string) => string,
  headers: IncomingHttpHeaders,
  query?: URLSearchParams,
): KeyRow | 'absent' | 'unknown' {
  const presented = presentedKeys(headers, query)
  for (const key of presented) {
    const known = snapshot.keys.get(hash(key))
    if (known) return known
  }
  return presented.length === 0 ? 'absent' : 'unknown'
}
