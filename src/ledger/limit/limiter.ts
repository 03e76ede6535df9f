import type { RateLimits } from '../../model/account.ts'
import { type Bucket, type BucketView, filled, fullBucket, take, viewOf, waitFor } from './bucket.ts'

/** A key, an account, a model of a key, a channel. Names carry their kind (`key:…`), so that no two share a bucket. */
export interface Limited {
  readonly subject: string
  readonly limits: RateLimits
}

export type LimitKind = 'requests' | 'tokens' | 'concurrency'

/** Why a request must wait, and how long. */
export interface Exceeded {
  readonly subject: string
  readonly kind: LimitKind
  readonly retryAfterMs: number
}

/** A request that was let in. Both are harmless when they are called again. */
export interface Pass {
  /** Tokens that it took beside those it was let in with; negative gives back. */
  used(tokens: number): void
  /** It is no longer under way. */
  end(): void
}

/** The tightest view over all subjects, for the headers of the answer. */
export interface Quota {
  readonly requests?: BucketView
  readonly tokens?: BucketView
}

export interface Limiter {
  /** Takes from every bucket or from none. `tokens` is the estimate of what will be read. */
  enter(limited: readonly Limited[], tokens: number): Pass | Exceeded
  quota(limited: readonly Limited[]): Quota
}

interface State {
  requests: Bucket | undefined
  tokens: Bucket | undefined
  running: number
  touchedAtMs: number
}

/** A place comes free when somebody is done, which nobody can foretell. */
const placeFreeInMs = 1_000
const idleForMs = 120_000
const sweepEvery = 10_000

/** Limits of this process. Subjects that are idle and full are forgotten. */
export function limiter(clock: () => number): Limiter {
  const states = new Map<string, State>()
  let entered = 0

  const stateOf = ({ subject, limits }: Limited, now: number): State => {
    const state = states.get(subject) ?? { requests: undefined, tokens: undefined, running: 0, touchedAtMs: now }
    states.set(subject, state)
    state.touchedAtMs = now
    state.requests = refreshed(state.requests, limits.requestsPerMinute, now)
    state.tokens = refreshed(state.tokens, limits.tokensPerMinute, now)
    return state
  }

  const sweep = (now: number): void => {
    for (const [subject, { running, touchedAtMs }] of states)
      if (running === 0 && now - touchedAtMs > idleForMs) states.delete(subject)
  }

  return {
    enter(limited, tokens) {
      const now = clock()
      if (++entered % sweepEvery === 0) sweep(now)
      const held = limited.map((one) => ({ ...one, state: stateOf(one, now) }))
      const waits = held.flatMap(({ subject, limits, state }) => exceeded(subject, limits, state, tokens))
      const longest = waits.toSorted((left, right) => right.retryAfterMs - left.retryAfterMs)[0]
      if (longest) return longest
      for (const { state } of held) {
        if (state.requests) state.requests = take(state.requests, 1)
        if (state.tokens) state.tokens = take(state.tokens, tokens)
        state.running++
      }
      return passOf(held.map(({ state }) => state))
    },
    quota(limited) {
      const now = clock()
      const views = limited.map((one) => ({ limits: one.limits, state: stateOf(one, now) }))
      const requests = tightest(views.map(({ limits, state }) => seen(state.requests, limits.requestsPerMinute)))
      const tokens = tightest(views.map(({ limits, state }) => seen(state.tokens, limits.tokensPerMinute)))
      return { ...(requests && { requests }), ...(tokens && { tokens }) }
    },
  }
}

function passOf(states: readonly State[]): Pass {
  let hasEnded = false
  return {
    used(tokens) {
      for (const state of states) if (state.tokens) state.tokens = take(state.tokens, tokens)
    },
    end() {
      if (hasEnded) return
      hasEnded = true
      for (const state of states) state.running--
    },
  }
}

/** A limit that was lowered or raised holds from now on; one that was taken away leaves no bucket. */
function refreshed(bucket: Bucket | undefined, perMinute: number | undefined, now: number): Bucket | undefined {
  if (perMinute === undefined) return undefined
  return bucket ? filled(bucket, perMinute, now) : fullBucket(perMinute, now)
}

function* exceededKinds(limits: RateLimits, state: State, tokens: number): Generator<[LimitKind, number]> {
  const { requestsPerMinute, tokensPerMinute, concurrency } = limits
  if (concurrency !== undefined && state.running >= concurrency) yield ['concurrency', placeFreeInMs]
  if (state.requests && requestsPerMinute) yield ['requests', waitFor(state.requests, requestsPerMinute, 1)]
  if (state.tokens && tokensPerMinute) yield ['tokens', waitFor(state.tokens, tokensPerMinute, tokens)]
}

const exceeded = (subject: string, limits: RateLimits, state: State, tokens: number): Exceeded[] =>
  [...exceededKinds(limits, state, tokens)].flatMap(([kind, retryAfterMs]) =>
    retryAfterMs > 0 ? [{ subject, kind, retryAfterMs }] : [],
  )

const seen = (bucket: Bucket | undefined, perMinute: number | undefined): BucketView | undefined =>
  bucket && perMinute !== undefined ? viewOf(bucket, perMinute) : undefined

const tightest = (views: readonly (BucketView | undefined)[]): BucketView | undefined =>
  views
    .filter((view) => view !== undefined)
    .toSorted((left, right) => left.remaining / left.limit - right.remaining / right.limit)[0]
