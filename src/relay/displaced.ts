import type { Candidate } from './candidate.ts'
import type { Planned } from './plan.ts'

/**
 * Where conversations are whose own place was not free when they were answered. Their prompt cache and the state that was
 * minted for them are there now, so that they stay while it can be warm, also when their own place is free again. All
 * other conversations need no memory: their place follows from their name.
 */
export interface Displaced {
  /** Whether the conversation was last answered by this candidate instead of its own place. */
  isAt(conversation: string, candidate: Candidate): boolean
  /** The candidate has answered. */
  answered(planned: Planned, candidate: Candidate): void
}

/** The longest that a vendor keeps what one turn has written (Anthropic's 1 h), counted from the last answer. */
const warmMs = 3_600_000
/** Some 200 bytes each. */
const mostDisplaced = 20_000

interface Stay {
  readonly place: string
  readonly untilMs: number
}

/** In memory, bounded: the conversation that has been silent longest is forgotten first. */
export function displaced(clock: () => number, most = mostDisplaced): Displaced {
  const stays = new Map<string, Stay>()
  return {
    isAt(conversation, candidate) {
      if (stays.size === 0) return false
      const stay = stays.get(nameOf(conversation, candidate))
      return stay !== undefined && stay.untilMs > clock() && stay.place === placeOf(candidate)
    },
    answered({ conversation, home }, candidate) {
      if (conversation === undefined) return
      const name = nameOf(conversation, candidate)
      stays.delete(name)
      if (candidate === home) return
      stays.set(name, { place: placeOf(candidate), untilMs: clock() + warmMs })
      const oldest = stays.keys().next()
      if (stays.size > most && !oldest.done) stays.delete(oldest.value)
    },
  }
}

/** Caches belong to one model: an agent's small helper model has a place of its own. */
const nameOf = (conversation: string, { model }: Candidate): string => `${conversation}\0${model}`

const placeOf = ({ channel, secret }: Candidate): string => `${channel.name}\0${secret}`
