import type { Policy } from './policy.ts'

/** Higher priority first. */
export const byPriority: Policy = (candidates) =>
  candidates.toSorted((left, right) => right.channel.priority - left.channel.priority)
