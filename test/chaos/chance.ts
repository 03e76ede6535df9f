/** Chance that comes again with its seed. */
export interface Chance {
  /** 0 ≤ x < 1 */
  next(): number
  /** from … to, both included. */
  between(from: number, to: number): number
  pick<T>(of: readonly [T, ...T[]]): T
  /** Another chance that follows from this one. */
  fork(): Chance
}

/** Mulberry32. */
export function chanceOf(seed: number): Chance {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    pick: (of) => of[Math.floor(next() * of.length)] ?? of[0],
    fork: () => chanceOf(Math.floor(next() * 2 ** 31)),
  }
}
