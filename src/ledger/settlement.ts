import { largestNano, type Nano, nano, smaller } from '../model/money.ts'

/** Vendors report more input than could be bounded beforehand (hidden prompts): by this part of the reservation, … */
const slackDivisor = 50n
/** … or a cent, whichever is less. */
const largestSlack = nano(10_000_000n)

/**
 * The most that a request may be charged: what it reserved, plus 2 % or one cent, whichever is less, and of that no
 * more than `free`, what every account that it holds has left. So nobody falls below their floor by a charge; what
 * lies above is written off, at the operator's cost.
 */
export function boundOf(reserved: Nano, free: bigint): Nano {
  const slack = smaller(nano(reserved / slackDivisor), largestSlack)
  const bound = reserved + (free < slack ? atLeastNothing(free) : slack)
  return nano(bound < largestNano ? bound : largestNano)
}

// A limit that was lowered under what is spent leaves less than nothing; what was reserved before stays good.
const atLeastNothing = (free: bigint): bigint => (free > 0n ? free : 0n)
