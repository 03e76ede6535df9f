import { type Nano, nano } from '../../model/money.ts'

/**
 * When a process draws a share of an account, and how much. Nobody is refused for what lies on a share: who needs it takes
 * it back, at once. No more is ever admitted than there is. Only where an account may owe less from now on, a process
 * that was not told may still spend what its requests had set aside on its share.
 */
export interface Terms {
  /** Reservations a second, of one process on one account, from which on it is hot. */
  readonly hotPerSecond: number
  /** Over how long that is measured. */
  readonly windowMs: number
  /** A share is at most the n-th part of what is available, … */
  readonly part: bigint
  /** … at most what was lately reserved in this time, … */
  readonly spendMs: number
  /** … and nothing while less than this is available. */
  readonly poorBelow: Nano
}

export const usualTerms: Terms = {
  hotPerSecond: 200,
  windowMs: 1_000,
  part: 100n,
  spendMs: 2_000,
  poorBelow: nano(5_000_000_000n),
}

/** What a batch may know of leases. Without it there are none: a process that is alone with its book needs none. */
export interface Leasing {
  readonly terms: Pick<Terms, 'part' | 'poorBelow'>
  /** Accounts that are hot in this process, each with the most that its share should have. */
  readonly wishes: ReadonlyMap<string, Nano>
}

/** Which rows a batch reads of leased accounts. */
export interface Reach {
  /** Accounts of which only this node's share is read. */
  readonly wishes: ReadonlyMap<string, Nano>
  /** Accounts that are read with all their shares. */
  readonly whole: ReadonlySet<string>
}

export const noReach: Reach = { wishes: new Map(), whole: new Set() }
