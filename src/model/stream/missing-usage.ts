import { estimateTokens } from '../estimate.ts'
import type { ChatEvent, Delta } from '../event.ts'
import { totalInput, totalOutput } from '../usage.ts'
import type { Transform } from './transform.ts'

export interface MissingUsage extends Transform {
  /** The usage that was told is ours, not the upstream's. */
  readonly isEstimate: boolean
}

/** Characters held back until they are counted: words are cut by deltas, so counting each by itself says too much. */
const heldLength = 4096

/**
 * Stands in for the usage that an upstream did not tell: `inputTokens` as estimated from the request, the output from what
 * was said. Expects sequential events.
 */
export function missingUsage(inputTokens: () => number): MissingUsage {
  const tokens = { output: 0, reasoning: 0 }
  let bucket: keyof typeof tokens = 'output'
  let held = ''
  let isEstimate = false
  const count = (): void => {
    tokens[bucket] += estimateTokens(held)
    held = ''
  }
  const say = (delta: Delta): void => {
    if (delta.kind !== 'text' && delta.kind !== 'arguments') return
    held += delta.text
    if (held.length > heldLength) count()
  }
  const told = (event: Extract<ChatEvent, { type: 'usage' }>): ChatEvent => {
    if (totalInput(event.usage) + totalOutput(event.usage) > 0) return event
    count()
    isEstimate = true
    return { ...event, usage: { ...event.usage, input: inputTokens(), ...tokens } }
  }
  return {
    get isEstimate() {
      return isEstimate
    },
    push(event) {
      if (event.type === 'open') {
        count()
        bucket = event.part.kind === 'thinking' ? 'reasoning' : 'output'
        if (event.part.kind === 'tool_call') held = event.part.name
      } else if (event.type === 'delta') say(event.delta)
      return event.type === 'usage' ? [told(event)] : [event]
    },
  }
}
