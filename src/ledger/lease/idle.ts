import type { Share } from '../store.ts'

/**
 * Tells which shares nobody has touched between two looks: their process has become quiet, or is dead. Any process may
 * send them home, and it happens once, as the share must still be as it was seen.
 */
export function idleWatch(): (shares: readonly Share[]) => readonly Share[] {
  let before: ReadonlyMap<string, number> = new Map()
  return (shares) => {
    const idle = shares.filter(({ id, version }) => before.get(id) === version)
    before = new Map(shares.map(({ id, version }) => [id, version]))
    return idle
  }
}
