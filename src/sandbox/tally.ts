/** Counts how often something happened, so that a failure can be told to pass. */
export interface Tally {
  /** The number of this time, from 1. */
  count(what: string): number
}

/** A bounded memory: what happened first is forgotten first. */
export function tally(size = 1000): Tally {
  const counts = new Map<string, number>()
  return {
    count(what) {
      const times = (counts.get(what) ?? 0) + 1
      counts.delete(what)
      counts.set(what, times)
      const oldest = counts.keys().next()
      if (counts.size > size && !oldest.done) counts.delete(oldest.value)
      return times
    },
  }
}
