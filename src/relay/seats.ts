import { hash } from 'node:crypto'
import type { Exceeded, Limited, Pass } from '../ledger/limit/limiter.ts'
import { type Fault, fault } from '../model/fault.ts'
import type { Channel } from '../model/rows.ts'
import { totalInput, totalOutput } from '../model/usage.ts'
import type { Outcome } from './attempt.ts'
import type { Candidate } from './candidate.ts'
import type { Exchange } from './exchange.ts'
import { guessTokens, limited, limitedForModel } from './quota.ts'
import { shortened } from './shortened.ts'
import { limitWords } from './visit.ts'

/**
 * Places at candidates that may be asked only so much: by their channel's limits, their credential's, and those of a model
 * that stands in for the one that was asked for.
 */
export interface Seats {
  /** Why it cannot be asked at present. */
  fullness(candidate: Candidate): Exceeded | undefined
  /** Keeps a place for who will be asked first, so that nobody takes it while the money is set aside. */
  keep(candidate: Candidate): void
  take(candidate: Candidate): Seat | Exceeded
  /** Gives the place up that was kept and not taken. */
  close(): void
}

/** A place that was taken. */
export interface Seat {
  /** What came of it: the tokens are counted as they were, and the place is free. Without an outcome none were used. */
  leave(outcome?: Outcome): void
}

/** What seats must know of a request. */
export type Seated = Pick<Exchange, 'relay' | 'key' | 'model' | 'bytes'>

export const seats = (seated: Seated): Seats => new OpenSeats(seated)

const free: Seat = { leave() {} }

class OpenSeats implements Seats {
  readonly #seated: Seated
  #kept: { readonly candidate: Candidate; readonly seat: Seat } | undefined

  constructor(seated: Seated) {
    this.#seated = seated
  }

  fullness(candidate: Candidate): Exceeded | undefined {
    const subjects = subjectsOf(this.#seated, candidate)
    const { bytes, relay } = this.#seated
    return subjects.length === 0 ? undefined : relay.till.limiter.exceeded(subjects, guessTokens(bytes))
  }

  keep(candidate: Candidate): void {
    const seat = this.take(candidate)
    if ('leave' in seat) this.#kept = { candidate, seat }
  }

  take(candidate: Candidate): Seat | Exceeded {
    const kept = this.#kept
    if (kept?.candidate === candidate) {
      this.#kept = undefined
      return kept.seat
    }
    const subjects = subjectsOf(this.#seated, candidate)
    if (subjects.length === 0) return free
    const guess = guessTokens(this.#seated.bytes)
    const answer = this.#seated.relay.till.limiter.enter(subjects, guess)
    return 'end' in answer ? seatOf(answer, guess) : answer
  }

  close(): void {
    this.#kept?.seat.leave()
    this.#kept = undefined
  }
}

/** Who counts what a candidate is asked. What the request itself counts against it has entered already. */
function subjectsOf({ relay, key, model }: Seated, { channel, name, secret }: Candidate): readonly Limited[] {
  const { credentialLimits, limits } = channel
  if (!limits && !credentialLimits && name === model) return none
  const own = [
    ...limited(`channel:${channel.name}`, limits),
    ...(credentialLimits ? limited(`credential:${channel.name} ${digestOf(channel, secret)}`, credentialLimits) : []),
  ]
  if (name === model) return own
  const entered = limitedForModel(relay, key, model).map(({ subject }) => subject)
  return [...own, ...limitedForModel(relay, key, name).filter(({ subject }) => !entered.includes(subject))]
}

const none: readonly Limited[] = []

/** Subjects are told to other processes: no secret is in them. Channels outlive requests, so each is digested once. */
const digests = new WeakMap<Channel, Map<string, string>>()

function digestOf(channel: Channel, secret: string): string {
  const known = digests.get(channel) ?? new Map<string, string>()
  digests.set(channel, known)
  const digest = known.get(secret) ?? hash('sha256', secret, 'hex').slice(0, 16)
  known.set(secret, digest)
  return digest
}

function seatOf(pass: Pass, guess: number): Seat {
  return {
    leave(outcome) {
      pass.used(usedBy(outcome, guess) - guess)
      pass.end()
    },
  }
}

/** Tokens that an attempt came to, as its vendor says or else as they were counted. */
function usedBy(outcome: Outcome | undefined, guess: number): number {
  const answered = outcome && 'answered' in outcome ? outcome.answered : undefined
  if (!answered) return 0
  const { counted, usage } = answered
  return usage ? totalInput(usage) + totalOutput(usage) : guess + counted
}

/** Whose limit it is, for those who ask why: `channel`, `credential`, or whose requests for the model. */
export const ownerOf = ({ subject }: Exceeded): string =>
  / model:/.test(subject) ? 'model' : (subject.split(':')[0] ?? '')

/** In an explanation. */
export const whyFull = (full: Exceeded): string => `its limit of ${limitWords[full.kind]} is reached`

/** Everybody who serves the model is full; who asks cannot help it, and comes back when the first has room. */
export function allFull(model: string, full: readonly Exceeded[]): Fault {
  const soonest = full.reduce((least, one) => (one.retryAfterMs < least.retryAfterMs ? one : least))
  return fault(
    'rate_limit',
    `Nobody who serves the model "${shortened(model)}" has room: a limit of ${limitWords[soonest.kind]} is reached.`,
    { retryAfterMs: soonest.retryAfterMs },
  )
}
