import type { Policy } from './policy.ts'

/** Of all requests, those that try somebody whose speed is not known. */
export const explored = 0.05

/** Less than this apart is equally fast: averages waver, and conversations should not move with them. */
const alike = 1.25

/**
 * Who begins to answer soonest first, as measured here. Who was not measured of late comes last, but first for some
 * requests, or nobody would ever know.
 */
export const fastestFirst: Policy = (candidates, { random, speedOf }) => {
  const steps = new Map(candidates.map((candidate) => [candidate, stepOf(speedOf(candidate))]))
  const isExploring = [...steps.values()].includes(undefined) && random() < explored
  const unknown = isExploring ? -1 : Number.MAX_VALUE
  return candidates.toSorted((left, right) => (steps.get(left) ?? unknown) - (steps.get(right) ?? unknown))
}

/** Figures of one step count as equal. */
export const stepOf = (figure: number | undefined): number | undefined =>
  figure === undefined ? undefined : Math.max(0, Math.floor(Math.log(Math.max(figure, 1)) / Math.log(alike)))
