/**
 * A circuit breaker for one lane: closed until trouble comes in a row or too often, then open for a while, then half-open,
 * when one call at a time tries whether it is over. Times are arguments; it holds no clock.
 */
export interface Breaker {
  /** Whether a call may be made now. */
  stateAt(nowMs: number): BreakerState
  readonly sinceMs: number
  readonly untilMs: number
  /** A call is being made; in the half-open state it is the probe. */
  began(nowMs: number): void
  /** A call has ended without a verdict. */
  left(): void
  failed(nowMs: number): void
  succeeded(nowMs: number): void
  /** Nothing is left that is worth remembering. */
  readonly isWell: boolean
}

/** `probing`: half-open, and its one call is under way. */
export type BreakerState = 'closed' | 'open' | 'half_open' | 'probing'

export const inARow = 5
/** Of the last so many calls, so many failed. Older trouble than this long is forgotten. */
export const window = { calls: 20, failures: 10, ms: 60_000 }
export const firstOpenMs = 10_000
export const longestOpenMs = 5 * 60_000
/** A probe that nobody ended is given up. */
export const longestProbeMs = 15 * 60_000

export const breaker = (): Breaker => new CircuitBreaker()

class CircuitBreaker implements Breaker {
  sinceMs = 0
  untilMs = 0
  #isOpen = false
  #openings = 0
  #consecutive = 0
  /** The last calls, newest first; true: failed. */
  #recent: boolean[] = []
  #lastMs = 0
  #probeSinceMs: number | undefined

  stateAt(nowMs: number): BreakerState {
    if (!this.#isOpen) return 'closed'
    if (nowMs < this.untilMs) return 'open'
    const isProbing = this.#probeSinceMs !== undefined && nowMs - this.#probeSinceMs < longestProbeMs
    return isProbing ? 'probing' : 'half_open'
  }

  get isWell(): boolean {
    return !this.#isOpen && !this.#recent.includes(true)
  }

  began(nowMs: number): void {
    if (this.stateAt(nowMs) === 'half_open') this.#probeSinceMs = nowMs
  }

  left(): void {
    this.#probeSinceMs = undefined
  }

  failed(nowMs: number): void {
    this.#remember(true, nowMs)
    this.#consecutive++
    const state = this.stateAt(nowMs)
    // Calls that began before it opened end when it is open; they say nothing new.
    if (state === 'open') return
    const isTooOften = this.#recent.filter(Boolean).length >= window.failures
    if (state !== 'closed' || this.#consecutive >= inARow || isTooOften) this.#open(nowMs)
  }

  succeeded(nowMs: number): void {
    this.#remember(false, nowMs)
    this.#consecutive = 0
    this.#probeSinceMs = undefined
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#openings = 0
    this.#recent = []
    this.sinceMs = nowMs
  }

  #open(nowMs: number): void {
    this.#isOpen = true
    this.#probeSinceMs = undefined
    this.sinceMs = nowMs
    this.untilMs = nowMs + Math.min(longestOpenMs, firstOpenMs * 2 ** this.#openings)
    // Beyond this the time is the longest already.
    this.#openings = Math.min(this.#openings + 1, 10)
  }

  #remember(hasFailed: boolean, nowMs: number): void {
    if (nowMs - this.#lastMs > window.ms) {
      this.#recent = []
      this.#consecutive = 0
    }
    this.#lastMs = nowMs
    this.#recent = [hasFailed, ...this.#recent].slice(0, window.calls)
  }
}
