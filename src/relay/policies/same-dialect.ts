import type { Policy } from './policy.ts'

/** Prefers upstreams that can be asked in the client's own words: nothing is lost where nothing is translated. */
export const sameDialectFirst: Policy = (candidates, { format }) =>
  candidates.toSorted((left, right) => Number(right.format === format) - Number(left.format === format))
