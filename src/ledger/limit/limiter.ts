import type { RateLimits } from '../../model/account.ts'
import { type Bucket, type BucketView, filled, fullBucket, owingBucket, take, viewOf, waitFor } from './bucket.ts'

/** A key, an account, a model of a key, a channel. Names carry their kind (`key:…`), so that no two share a bucket. */
export interface Limited {
  readonly subject: string
  /** As it is told to those who must wait; absent where nobody is told. */
  readonly whose?: string
  readonly limits: RateLimits
}

export type LimitKind = 'requests' | 'tokens' | 'concurrency'

/** Why a request must wait, and how long. */
export interface Exceeded {
  readonly subject: string
  readonly whose?: string
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
  /** What `enter` would say, and nothing is taken. */
  exceeded(limited: readonly Limited[], tokens: number): Exceeded | undefined
  quota(limited: readonly Limited[]): Quota
  /** What was let in here since this was asked last, and what is under way now. */
  takeUses(): ReadonlyMap<string, Use>
  /** Another process has let in so much, and has so many more under way than before; negative takes back. */
  usedElsewhere(subject: string, more: Use): void
}

/** What one process has let in of a subject, and has under way. */
export interface Use {
  readonly requests: number
  readonly tokens: number
  readonly running: number
}

interface State {
  /** As they were said last. */
  limits: RateLimits
  requests: Bucket | undefined
  tokens: Bucket | undefined
  running: number
  /** In other processes. */
  runningElsewhere: number
  touchedAtMs: number
  /** What was let in here and not taken by `takeUses` yet. */
  used: { requests: number; tokens: number }
  /** What others used before anybody asked here, so that there is no bucket yet. */
  readonly owed: { requests: number; tokens: number; sinceMs: number }
}

const newState = (nowMs: number): State => ({
  limits: {},
  requests: undefined,
  tokens: undefined,
  running: 0,
  runningElsewhere: 0,
  touchedAtMs: nowMs,
  used: { requests: 0, tokens: 0 },
  owed: { requests: 0, tokens: 0, sinceMs: nowMs },
})

/** A place comes free when somebody is done, which nobody can foretell. */
const placeFreeInMs = 1_000
const idleForMs = 120_000
const sweepEvery = 10_000

/** Limits of this process, and what it hears of others. Subjects that are idle and full are forgotten. */
export function limiter(clock: () => number): Limiter {
  const states = new Map<string, State>()
  let entered = 0

  const known = (subject: string, now: number): State => {
    const state = states.get(subject) ?? newState(now)
    states.set(subject, state)
    state.touchedAtMs = now
    return state
  }

  const stateOf = ({ subject, limits }: Limited, now: number): State => {
    const state = known(subject, now)
    const { requests, tokens, sinceMs } = state.owed
    state.limits = limits
    state.requests = refreshed(state.requests, limits.requestsPerMinute, now, { units: requests, sinceMs })
    state.tokens = refreshed(state.tokens, limits.tokensPerMinute, now, { units: tokens, sinceMs })
    return state
  }

  const sweep = (now: number): void => {
    for (const [subject, state] of states)
      if (now - state.touchedAtMs > idleForMs && isForgettable(state, now)) states.delete(subject)
  }

  return {
    enter(limited, tokens) {
      const now = clock()
      if (++entered % sweepEvery === 0) sweep(now)
      const entering = limited.map((one) => stateOf(one, now))
      const longest = longestWait(limited, entering, tokens)
      if (longest) return longest
      for (const state of entering) {
        use(state, { requests: 1, tokens }, now)
        state.running++
      }
      return passOf(entering, clock)
    },
    exceeded(limited, tokens) {
      const now = clock()
      const asked = limited.map((one) => stateOf(one, now))
      return longestWait(limited, asked, tokens)
    },
    quota(limited) {
      const now = clock()
      const views = limited.map((one) => ({ limits: one.limits, state: stateOf(one, now) }))
      const requests = tightest(views.map(({ limits, state }) => seen(state.requests, limits.requestsPerMinute)))
      const tokens = tightest(views.map(({ limits, state }) => seen(state.tokens, limits.tokensPerMinute)))
      return { ...(requests && { requests }), ...(tokens && { tokens }) }
    },
    takeUses() {
      const uses = new Map<string, Use>()
      for (const [subject, state] of states) {
        const { running, used } = state
        if (running === 0 && used.requests === 0 && used.tokens === 0) continue
        uses.set(subject, { ...used, running })
        state.used = { requests: 0, tokens: 0 }
      }
      return uses
    },
    usedElsewhere(subject, { requests, running, tokens }) {
      const now = clock()
      const state = known(subject, now)
      state.runningElsewhere += running
      if (!state.requests) state.owed.requests += requests
      if (!state.tokens) state.owed.tokens += tokens
      takeFrom(state, { requests, tokens }, now)
    },
  }
}

type Amount = Pick<Use, 'requests' | 'tokens'>

/** Now, not when the bucket was looked at last: what came due since then is there first. */
function takeFrom(state: State, { requests, tokens }: Amount, now: number): void {
  const { requestsPerMinute, tokensPerMinute } = state.limits
  if (state.requests && requestsPerMinute)
    state.requests = take(filled(state.requests, requestsPerMinute, now), requests)
  if (state.tokens && tokensPerMinute) state.tokens = take(filled(state.tokens, tokensPerMinute, now), tokens)
}

function use(state: State, amount: Amount, now: number): void {
  takeFrom(state, amount, now)
  state.used.requests += amount.requests
  state.used.tokens += amount.tokens
}

function passOf(states: readonly State[], clock: () => number): Pass {
  let hasEnded = false
  return {
    used(tokens) {
      const now = clock()
      for (const state of states) use(state, { requests: 0, tokens }, now)
    },
    end() {
      if (hasEnded) return
      hasEnded = true
      for (const state of states) state.running--
    },
  }
}

/** Nothing of it is under way, and nothing is owed. */
function isForgettable({ limits, requests, running, runningElsewhere, tokens }: State, now: number): boolean {
  const isFull = (bucket: Bucket | undefined, perMinute: number | undefined): boolean =>
    bucket === undefined || perMinute === undefined || filled(bucket, perMinute, now).level >= perMinute
  const isIdle = running === 0 && runningElsewhere <= 0
  return isIdle && isFull(requests, limits.requestsPerMinute) && isFull(tokens, limits.tokensPerMinute)
}

interface Owed {
  readonly units: number
  readonly sinceMs: number
}

/** A limit that was lowered or raised holds from now on; one that was taken away leaves no bucket. */
function refreshed(
  bucket: Bucket | undefined,
  perMinute: number | undefined,
  now: number,
  { sinceMs, units }: Owed,
): Bucket | undefined {
  if (perMinute === undefined) return undefined
  if (bucket) return filled(bucket, perMinute, now)
  return units > 0 ? filled(owingBucket(perMinute, units, sinceMs), perMinute, now) : fullBucket(perMinute, now)
}

function* exceededKinds(limits: RateLimits, state: State, tokens: number): Generator<[LimitKind, number]> {
  const { requestsPerMinute, tokensPerMinute, concurrency } = limits
  if (concurrency !== undefined && state.running + state.runningElsewhere >= concurrency)
    yield ['concurrency', placeFreeInMs]
  if (state.requests && requestsPerMinute) yield ['requests', waitFor(state.requests, requestsPerMinute, 1)]
  if (state.tokens && tokensPerMinute) yield ['tokens', waitFor(state.tokens, tokensPerMinute, tokens)]
}

function longestWait(limited: readonly Limited[], states: readonly State[], tokens: number): Exceeded | undefined {
  let longest: Exceeded | undefined
  for (const [at, { subject, whose, limits }] of limited.entries()) {
    const state = states[at]
    if (!state) throw new Error('every subject has a state')
    for (const [kind, retryAfterMs] of exceededKinds(limits, state, tokens))
      if (retryAfterMs > (longest?.retryAfterMs ?? 0))
        longest = { subject, ...(whose !== undefined && { whose }), kind, retryAfterMs }
  }
  return longest
}

const seen = (bucket: Bucket | undefined, perMinute: number | undefined): BucketView | undefined =>
  bucket && perMinute !== undefined ? viewOf(bucket, perMinute) : undefined

const tightest = (views: readonly (BucketView | undefined)[]): BucketView | undefined =>
  views
    .filter((view) => view !== undefined)
    .toSorted((left, right) => left.remaining / left.limit - right.remaining / right.limit)[0]
