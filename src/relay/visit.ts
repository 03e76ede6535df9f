import type { Exceeded, Limited, Limiter, LimitKind, Pass } from '../ledger/limit/limiter.ts'
import { type Fault, fault } from '../model/fault.ts'

/**
 * What one request counts against, which grows as more is known of it: its key and account before its body is read, its
 * model after the peek. Those who are added later owe what has been used by then.
 */
export interface Visit extends Pass {
  /** Everybody whose limits it was held against, also who refused it. */
  readonly subjects: readonly Limited[]
  /** Lets it in with these as well, each once, or tells when to come back. `tokens`: what must be there for it. */
  enter(more: readonly Limited[], tokens?: number): Fault | undefined
}

export const visit = (limiter: Limiter): Visit => new OpenVisit(limiter)

/** Nobody counts this one. */
export const uncounted: Visit = { subjects: [], enter: () => undefined, used() {}, end() {} }

class OpenVisit implements Visit {
  readonly #limiter: Limiter
  readonly #passes: Pass[] = []
  #subjects: readonly Limited[] = []
  #used = 0

  constructor(limiter: Limiter) {
    this.#limiter = limiter
  }

  get subjects(): readonly Limited[] {
    return this.#subjects
  }

  enter(more: readonly Limited[], tokens = 0): Fault | undefined {
    const fresh = more.filter(({ subject }) => !this.#subjects.some((one) => one.subject === subject))
    if (fresh.length === 0) return undefined
    this.#subjects = [...this.#subjects, ...fresh]
    const needed = Math.max(tokens, this.#used)
    const answer = this.#limiter.enter(fresh, needed)
    if (!('end' in answer)) return exceeded(answer)
    // What it needs and has not used yet is taken by whoever knows it, from everybody at once.
    answer.used(this.#used - needed)
    this.#passes.push(answer)
    return undefined
  }

  used(tokens: number): void {
    this.#used += tokens
    for (const pass of this.#passes) pass.used(tokens)
  }

  end(): void {
    for (const pass of this.#passes) pass.end()
  }
}

/** What of a limit was reached, in words. */
export const limitWords: Record<LimitKind, string> = {
  requests: 'requests a minute',
  tokens: 'tokens a minute',
  concurrency: 'requests at once',
}

const exceeded = ({ kind, retryAfterMs, whose }: Exceeded): Fault =>
  fault('rate_limit', `${whose ?? 'This request'} has reached its limit of ${limitWords[kind]}.`, { retryAfterMs })
