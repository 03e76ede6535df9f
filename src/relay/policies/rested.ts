import type { Policy } from './policy.ts'

/** Puts those last that have just failed or asked to be left alone; they are still tried when nobody else is there. */
export const restedFirst: Policy = (candidates, { health }) =>
  candidates.toSorted((left, right) => Number(health.isResting(left)) - Number(health.isResting(right)))
