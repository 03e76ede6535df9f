import type { Place } from './health.ts'

/** How long places take until their first words, as a moving average. */
export interface Speed {
  /** Milliseconds; undefined where nothing was measured of late. */
  of(place: Place, form: Form): number | undefined
  measured(place: Place, form: Form, ms: number): void
}

/** Whole answers take as long as all of their words. */
export type Form = 'stream' | 'whole'

/** Of the newest measurement; the older ones share the rest. */
const newest = 0.2
const freshForMs = 10 * 60_000
const mostPlaces = 10_000

interface Average {
  readonly ms: number
  readonly atMs: number
}

/** In memory, bounded: who was not asked for longest is forgotten first. */
export function speed(clock: () => number, most = mostPlaces): Speed {
  const averages = new Map<string, Average>()
  return {
    of(place, form) {
      const average = averages.get(nameOf(place, form))
      return average && clock() - average.atMs < freshForMs ? average.ms : undefined
    },
    measured(place, form, ms) {
      const name = nameOf(place, form)
      const before = averages.get(name)
      averages.delete(name)
      averages.set(name, { ms: before ? before.ms + newest * (ms - before.ms) : ms, atMs: clock() })
      const oldest = averages.keys().next()
      if (averages.size > most && !oldest.done) averages.delete(oldest.value)
    },
  }
}

const nameOf = ({ channel, model, secret }: Place, form: Form): string =>
  `${form}\0${channel.name}\0${model}\0${secret}`
