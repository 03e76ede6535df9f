import type { TokenPrice } from '../candidate.ts'
import type { Policy } from './policy.ts'

/** Conversations read more than is written: three tokens for one. */
const mixOf = ({ input, output }: TokenPrice): number => (3 * input + output) / 4

/** The lowest price of a usual mix of tokens first; whose price nobody knows comes last. */
export const cheapestFirst: Policy = (candidates, { costOf }) => {
  const prices = new Map(
    candidates.map((candidate) => {
      const price = costOf(candidate)
      return [candidate, price ? mixOf(price) : Number.MAX_VALUE]
    }),
  )
  return candidates.toSorted((left, right) => (prices.get(left) ?? 0) - (prices.get(right) ?? 0))
}
