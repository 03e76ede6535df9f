/**
 * Asking somebody else after a fault is limited, so that vendors in trouble are not asked more often than their clients
 * ask: each request earns a tenth of another attempt. Who answered when last asked costs nothing: nobody there is in trouble.
 */
export interface RetryBudget {
  /** A request has come. Those that a client repeats by itself earn nothing. */
  earn(ratio: number): void
  /** Whether an attempt after the first may be made on this channel; it is paid when it may. */
  spend(channel: string): boolean
  /** How the last attempt on a channel ended. */
  learned(channel: string, verdict: 'well' | 'troubled'): void
  /** What is left, in attempts. */
  readonly left: number
}

/**
 * What there is at most, and at the start: a short trouble is no reason to refuse anybody. That of the start is lent, and
 * paid back by the first requests: in all, attempts after the first are a tenth of the requests, or these few.
 */
export const mostSaved = 20

export const retryBudget = (): RetryBudget => new Budget()

class Budget implements RetryBudget {
  left = mostSaved
  #lent = mostSaved
  /** Names of channels, as many as there are in the configuration. */
  readonly #well = new Set<string>()

  earn(ratio: number): void {
    const repaid = Math.min(this.#lent, ratio)
    this.#lent -= repaid
    this.left = Math.min(mostSaved, this.left + ratio - repaid)
  }

  spend(channel: string): boolean {
    if (this.#well.has(channel)) return true
    // Ten tenths are a little less than one.
    if (this.left < 1 - 1e-9) return false
    this.left -= 1
    return true
  }

  learned(channel: string, verdict: 'well' | 'troubled'): void {
    if (verdict === 'well') this.#well.add(channel)
    else this.#well.delete(channel)
  }
}
