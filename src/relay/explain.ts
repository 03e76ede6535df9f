import type { Exceeded } from '../ledger/limit/limiter.ts'
import type { Channel } from '../model/rows.ts'
import { hintOf } from '../store/channels.ts'
import type { Outcome } from './attempt.ts'
import type { Candidate } from './candidate.ts'
import { firstFault } from './health-effect.ts'
import { deciding } from './plan.ts'
import { channelsFor } from './reach.ts'
import type { Routable, Routed } from './routed.ts'
import { ownerOf, whyFull } from './seats.ts'
import { upstreamName } from './serving.ts'
import { excludedBy } from './suits.ts'

export const explainHeader = 'x-causeway-explain'

/** Node's clients take 16 KiB of headers in all. */
const longestHeader = 8_192

/** Why a request goes where it goes: who was considered, who was asked, how that ended. No secret, no address. */
export interface Explanation {
  /** The arithmetic of the cost, by whoever works it out. */
  cost?: Readonly<Record<string, unknown>>
  planned(request: Routable, routed: Routed): void
  /** Those whose price is known; the others are not asked. */
  priced(candidates: readonly Candidate[]): void
  began(candidate: Candidate): void
  ended(outcome: Outcome): void
  /** It was full by the time that its turn came. */
  passedOver(candidate: Candidate, full: Exceeded): void
  /** The budget for further attempts is spent. */
  outOfBudget(candidate: Candidate): void
  /** Everything. */
  told(): Told
  /** At the head of an answer: compact, in ASCII, at most 8 KiB; what does not fit is left out from the end and counted. */
  header(): string
}

export interface Told {
  readonly [field: string]: unknown
  readonly candidates: readonly Row[]
  readonly attempts: readonly Try[]
}

/** Who reads it: whoever has a key sees what that key's group may use, and those who run this gateway see all of it. */
export type Reader = 'holder' | 'operator'

/** One who was considered. */
export interface Row {
  readonly channel: string
  /** Which of the channel's: its number or, for operators, its hint. Of a channel that is out of reach, none. */
  readonly credential?: string
  readonly provider: string
  readonly model: string
  readonly format?: string
  /** In which place it is asked; absent: not at all. */
  readonly position?: number
  /** What put it behind the one before it. */
  readonly by?: string
  /** Why it is not asked. */
  readonly not?: string
  readonly rest?: { readonly state: string; readonly fault: string; readonly until: string }
  readonly limit?: Full
}

/** A limit that is reached: whose, which, and when there is room again as far as can be told. */
interface Full {
  readonly of: string
  readonly why: string
  readonly until: string
}

interface Try {
  /** The candidate's position. */
  readonly position: number
  readonly outcome: string
  readonly fault?: string
  readonly limit?: Full
  readonly ms?: number
}

/** One request's; `clock` in milliseconds. */
export const explanation = (clock: () => number, reader: Reader = 'holder'): Explanation => new Account(clock, reader)

class Account implements Explanation {
  cost?: Readonly<Record<string, unknown>>
  #rows: Row[] = []
  #about: Readonly<Record<string, unknown>> = {}
  #asked: readonly Candidate[] = []
  readonly #attempts: Try[] = []
  readonly #clock: () => number
  readonly #reader: Reader
  #beganMs = 0

  constructor(clock: () => number, reader: Reader) {
    this.#clock = clock
    this.#reader = reader
  }

  planned(request: Routable, routed: Routed): void {
    const { model, relay } = request
    const { routing } = relay.snapshot()
    const { standIns = [], preferences } = routed.asked
    this.#asked = routed.candidates
    this.#about = {
      model,
      format: request.client.format,
      ...(standIns.length > 0 && { models: [model, ...standIns] }),
      policies: routing.policies,
      ...(routed.conversation !== undefined && { conversation: true }),
      ...(preferences && preferences.lost.length > 0 && { ignored: preferences.lost.map(({ field }) => field) }),
    }
    const placed = [...routed.candidates, ...routed.considered.filter((one) => !routed.candidates.includes(one))]
    this.#rows = [
      ...placed.map((candidate, at) => this.#placed(candidate, placed[at - 1], routed)),
      ...routed.unwanted.map((candidate) => unwantedRow(candidate, routed, this.#reader)),
      ...(this.#reader === 'operator' ? outOfReach(request) : []),
    ]
  }

  priced(candidates: readonly Candidate[]): void {
    this.#rows = this.#rows.map((row, at) => {
      const candidate = this.#asked[at]
      if (!candidate || candidates.includes(candidate)) return row
      const { position: _, by: _by, ...rest } = row
      return { ...rest, not: 'price' }
    })
  }

  began(candidate: Candidate): void {
    this.#beganMs = this.#clock()
    // While it is under way nobody but the head of its answer asks.
    this.#attempts.push({ position: this.#asked.indexOf(candidate) + 1, outcome: 'answered' })
  }

  ended(outcome: Outcome): void {
    const begun = this.#attempts.pop()
    if (!begun) throw new Error('an attempt ended that did not begin')
    const broken = outcome.kind === 'gone' ? undefined : outcome.fault
    const ended = { ...begun, outcome: outcome.kind, ...(broken && { fault: firstFault(broken).class }) }
    this.#attempts.push({ ...ended, ms: this.#clock() - this.#beganMs })
  }

  passedOver(candidate: Candidate, full: Exceeded): void {
    this.#attempts.push({ position: this.#asked.indexOf(candidate) + 1, outcome: 'limit', limit: this.#full(full) })
  }

  outOfBudget(candidate: Candidate): void {
    this.#attempts.push({ position: this.#asked.indexOf(candidate) + 1, outcome: 'retry_budget' })
  }

  told(): Told {
    return {
      ...this.#about,
      candidates: this.#rows,
      attempts: this.#attempts.map((one) =>
        one.outcome === 'answered' ? { ...one, ms: this.#clock() - this.#beganMs } : one,
      ),
      ...(this.cost && { cost: this.cost }),
    }
  }

  header(): string {
    const whole = this.told()
    for (let kept = whole.candidates.length; ; kept = Math.floor(kept / 2)) {
      const omitted = whole.candidates.length - kept
      const text = ascii({ ...whole, candidates: whole.candidates.slice(0, kept), ...(omitted > 0 && { omitted }) })
      if (text.length <= longestHeader) return text
      if (kept === 0) return ascii({ omitted: whole.candidates.length, attempts: whole.attempts.length })
    }
  }

  #placed(candidate: Candidate, before: Candidate | undefined, routed: Routed): Row {
    const rest = routed.asked.health.restOf(candidate)
    const full = routed.full.get(candidate)
    const position = routed.candidates.indexOf(candidate) + 1
    return {
      ...rowOf(candidate, this.#reader),
      ...(position > 0 ? { position } : { not: full ? 'limit' : rest ? 'health' : 'attempts' }),
      ...(before && position > 0 && { by: deciding(before, candidate, routed.asked) }),
      ...(rest && {
        rest: { state: rest.state, fault: rest.faultClass, until: new Date(rest.untilMs).toISOString() },
      }),
      ...(full && { limit: this.#full(full) }),
    }
  }

  #full(full: Exceeded): Full {
    const until = new Date(this.#clock() + full.retryAfterMs).toISOString()
    return { of: ownerOf(full), why: whyFull(full), until }
  }
}

const rowOf = ({ channel, format, model, provider, secret }: Candidate, reader: Reader): Row => ({
  channel: channel.name,
  credential: credentialNames[reader](channel.secrets.indexOf(secret) + 1, secret),
  provider: provider.id,
  model,
  format,
})

/** No part of a secret is told to those who only use it. */
const credentialNames = {
  holder: (number) => String(number),
  operator: (_, secret) => hintOf(secret),
} as const satisfies Record<Reader, (number: number, secret: string) => string>

const unwantedRow = (candidate: Candidate, { asked }: Routed, reader: Reader): Row => ({
  ...rowOf(candidate, reader),
  not: (asked.preferences && excludedBy(candidate, asked.preferences, asked.priceOf)) ?? 'preferences',
})

/** Channels that serve the model, to others than the key's group. */
function outOfReach({ key, model, relay }: Routable): readonly Row[] {
  const snapshot = relay.snapshot()
  const own = channelsFor(snapshot, key)
  const servedBy = (channel: Channel): readonly Row[] => {
    const upstream = own.includes(channel) ? undefined : upstreamName(channel, model)
    return upstream === undefined
      ? []
      : [{ channel: channel.name, provider: channel.provider, model: upstream, not: 'group' }]
  }
  return snapshot.channels.flatMap(servedBy)
}

const ascii = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
