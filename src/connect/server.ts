import { isTree } from './edit.ts'

const patienceMs = 5_000
const pollMs = 100

export type ServerState = 'ready' | 'silent' | 'other'

/** `silent`: nobody answers there, or not yet. `other`: somebody answers who is not us. */
export async function serverState(url: string): Promise<ServerState> {
  let answer: Response
  try {
    answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(patienceMs), redirect: 'error' })
  } catch (error) {
    // Something else may speak no HTTP at all, or redirect.
    return isTree(error) && isTree(error.cause) && String(error.cause.message).includes('redirect') ? 'other' : 'silent'
  }
  const body = await jsonOf(answer)
  if (answer.status === 503 && isTree(body) && body.status === 'not ready') return 'silent'
  return answer.status === 200 && isTree(body) && body.status === 'ready' ? 'ready' : 'other'
}

export type Listing =
  | { readonly state: 'listed'; readonly models: readonly string[]; readonly windows: ReadonlyMap<string, number> }
  | { readonly state: 'unknown key' }
  | { readonly state: 'failed'; readonly message: string }

/** What the server lists for this key. */
export async function listing(url: string, key: string): Promise<Listing> {
  try {
    const answer = await fetch(`${url}/v1/models`, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(2 * patienceMs),
    })
    const body = await jsonOf(answer)
    if (answer.status === 401 || answer.status === 403) return { state: 'unknown key' }
    const rows: unknown = isTree(body) ? body.data : undefined
    if (answer.status !== 200 || !Array.isArray(rows)) return { state: 'failed', message: `status ${answer.status}` }
    return {
      state: 'listed',
      models: rows.flatMap((row) => (isTree(row) && typeof row.id === 'string' ? [row.id] : [])),
      windows: new Map(rows.flatMap(windowIn)),
    }
  } catch (error) {
    return { state: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

/** Asks again until a key that was just made is known. */
export async function listingOnceKnown(url: string, key: string, withinMs: number): Promise<Listing> {
  const endMs = Date.now() + withinMs
  for (;;) {
    const found = await listing(url, key)
    if (found.state !== 'unknown key' || Date.now() >= endMs) return found
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

async function jsonOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json()
  } catch {
    // Not ours, then: whoever reads the shape will see that nothing is there.
    return undefined
  }
}

const windowIn = (row: unknown): readonly (readonly [string, number])[] =>
  isTree(row) && typeof row.id === 'string' && typeof row.context_length === 'number'
    ? [[row.id, row.context_length]]
    : []
