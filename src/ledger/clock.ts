/** Time and chance, so that a simulator can be both. */
export interface Clock {
  /** Never goes back; says nothing about the time of day. */
  nowMs(): number
  /** Runs later; 0: as soon as what is going on now has ended. The result calls it off. */
  after(delayMs: number, run: () => void): () => void
  /** 0 ≤ x < 1 */
  random(): number
}

export const realClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, run) {
    if (delayMs === 0) {
      const immediate = setImmediate(run)
      return () => clearImmediate(immediate)
    }
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
  random: Math.random,
}
