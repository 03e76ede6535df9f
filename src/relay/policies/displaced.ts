import type { Policy } from './policy.ts'

/**
 * Keeps a conversation where it was last answered, when that was not its own place. This counts more than priority: the
 * operator's first choice would read a long history afresh, at ten times the price of a cached one, and could not open the
 * thoughts that were minted elsewhere. It counts less than rest: a place that fails has lost the conversation.
 */
export const displacedFirst: Policy = (candidates, { conversation, displaced }) =>
  conversation === undefined
    ? candidates
    : candidates.toSorted(
        (left, right) => Number(displaced.isAt(conversation, right)) - Number(displaced.isAt(conversation, left)),
      )
