/** What may be said after some more text, and the stop string that ends it, if one was met. */
export interface Cut {
  readonly text: string
  readonly sequence?: string
}

export interface StopFinder {
  push(text: string): Cut
  /** What was held back because a stop string might have begun with it. */
  end(): string
}

/**
 * Looks for stop strings in a text that arrives in pieces, however it is cut. The one that is complete first counts, the longest
 * where several end at one place. No more is held back than the beginning of a stop string.
 */
export function stopFinder(stops: readonly string[]): StopFinder {
  const machines = stops.filter((stop) => stop !== '').map((stop) => new Machine(stop))
  let held = ''
  return {
    push(text) {
      const from = held.length
      held += text
      for (let at = from; at < held.length; at++) {
        const unit = held.charCodeAt(at)
        let hit: Machine | undefined
        for (const each of machines) if (each.step(unit) && (!hit || each.stop.length > hit.stop.length)) hit = each
        if (hit) return { text: held.slice(0, at + 1 - hit.stop.length), sequence: hit.stop }
      }
      const safe = held.length - machines.reduce((most, { met }) => Math.max(most, met), 0)
      const said = held.slice(0, safe)
      held = held.slice(safe)
      return { text: said }
    },
    end() {
      const said = held
      held = ''
      return said
    },
  }
}

/** Knuth, Morris and Pratt's: each character is looked at once, however often a beginning repeats itself. */
class Machine {
  readonly stop: string
  /** How much of the stop string the text now ends in. */
  met = 0
  readonly #borders: readonly number[]

  constructor(stop: string) {
    this.stop = stop
    this.#borders = bordersOf(stop)
  }

  /** True when the stop string is complete. */
  step(unit: number): boolean {
    const { stop } = this
    let met = this.met
    while (met > 0 && stop.charCodeAt(met) !== unit) met = this.#borders[met - 1] ?? 0
    if (stop.charCodeAt(met) === unit) met++
    this.met = met
    return met === stop.length
  }
}

/** For each prefix, the length of its longest proper prefix that is also its end. */
function bordersOf(stop: string): readonly number[] {
  const borders = [0]
  let border = 0
  for (let at = 1; at < stop.length; at++) {
    while (border > 0 && stop[border] !== stop[at]) border = borders[border - 1] ?? 0
    if (stop[border] === stop[at]) border++
    borders.push(border)
  }
  return borders
}
