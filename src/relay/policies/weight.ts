import type { Policy } from './policy.ts'

/** Shuffles so that a candidate comes first with a probability in proportion to its channel's weight. */
export const byWeight: Policy = (candidates, { random }) =>
  candidates.length < 2
    ? candidates
    : candidates
        .map((candidate) => ({ candidate, draw: -Math.log(1 - random()) / candidate.channel.weight }))
        .sort((left, right) => left.draw - right.draw)
        .map(({ candidate }) => candidate)
