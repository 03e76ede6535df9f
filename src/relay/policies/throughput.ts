import { explored, fastestFirst, stepOf } from './fastest.ts'
import type { Policy } from './policy.ts'

/**
 * Who writes most in a second first, as measured here. Those who were not measured of late come after them, who begins to
 * answer soonest first; and first for some requests, or nobody would ever know.
 */
export const mostThroughputFirst: Policy = (candidates, circumstances) => {
  const { random, rateOf } = circumstances
  const steps = new Map(candidates.map((candidate) => [candidate, stepOf(rateOf(candidate))]))
  const isExploring = [...steps.values()].includes(undefined) && random() < explored
  const unknown = isExploring ? Number.MAX_VALUE : -1
  return fastestFirst(candidates, circumstances).toSorted(
    (left, right) => (steps.get(right) ?? unknown) - (steps.get(left) ?? unknown),
  )
}
