import type { Place } from './health.ts'

/** How fast places are: how long until their first words, and how much they write in a second, as moving averages. */
export interface Speed {
  /** Milliseconds; undefined where nothing was measured of late. */
  of(place: Place, form: Form): number | undefined
  measured(place: Place, form: Form, ms: number): void
  /** Tokens a second; undefined where nothing was measured of late. */
  rateOf(place: Place, form: Form): number | undefined
  /** An answer of so many tokens took so long, from its first words where it is a stream. Short ones say too little. */
  wrote(place: Place, form: Form, { tokens, ms }: { readonly tokens: number; readonly ms: number }): void
}

/** Whole answers take as long as all of their words. */
export type Form = 'stream' | 'whole'

/** Of the newest measurement; the older ones share the rest. */
const newest = 0.2
const freshForMs = 10 * 60_000
const mostPlaces = 10_000
const fewestTokens = 20

interface Average {
  readonly value: number
  readonly atMs: number
}

/** In memory, bounded: who was not asked for longest is forgotten first. */
export function speed(clock: () => number, most = mostPlaces): Speed {
  const waits = averages(clock, most)
  const rates = averages(clock, most)
  return {
    of: (place, form) => waits.of(nameOf(place, form)),
    measured: (place, form, ms) => waits.add(nameOf(place, form), ms),
    rateOf: (place, form) => rates.of(nameOf(place, form)),
    wrote(place, form, { tokens, ms }) {
      if (tokens >= fewestTokens && ms > 0) rates.add(nameOf(place, form), (tokens * 1000) / ms)
    },
  }
}

function averages(clock: () => number, most: number) {
  const known = new Map<string, Average>()
  return {
    of(name: string): number | undefined {
      const average = known.get(name)
      return average && clock() - average.atMs < freshForMs ? average.value : undefined
    },
    add(name: string, value: number): void {
      const before = known.get(name)
      known.delete(name)
      known.set(name, { value: before ? before.value + newest * (value - before.value) : value, atMs: clock() })
      const oldest = known.keys().next()
      if (known.size > most && !oldest.done) known.delete(oldest.value)
    },
  }
}

const nameOf = ({ channel, model, secret }: Place, form: Form): string =>
  `${form}\0${channel.name}\0${model}\0${secret}`
