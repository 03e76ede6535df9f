import { totalInput, totalOutput, type Usage, usageOf } from '../model/usage.ts'

/** How a request ended, as far as money is concerned. */
export interface Ending {
  readonly how: EndingKind
  /** As its vendor told it, perhaps only in part; undefined: it told nothing. Zeros that were told are believed. */
  readonly told: Usage | undefined
  /** Tokens as they were counted here: what was sent, and what passed of the answer. */
  readonly counted: { readonly input: number; readonly output: number }
}

export type EndingKind =
  /** The vendor said that it was done. */
  | 'complete'
  /** The client left while the answer was under way. */
  | 'left'
  /** The answer broke off, or its vendor broke it off, after content had come. */
  | 'cut'
  /** Nothing of an answer came: a refusal, a fault before the first content, a client that left before it. */
  | 'nothing'

/** What is billed, and where the figures come from. */
export interface Billed {
  readonly usage: Usage
  readonly source: 'vendor' | 'counted' | 'vendor and counted' | 'none'
}

const nothing: Billed = { usage: usageOf({}), source: 'none' }

/**
 * The table of endings.
 *
 * | how | told | billed |
 * | --- | --- | --- |
 * | complete | all of it, or zeros | what was told |
 * | complete | nothing | what was counted |
 * | left, cut | in part | what was told of the input; of the output, whichever is more of told and counted |
 * | left, cut | zeros | nothing |
 * | left, cut | nothing | what was counted |
 * | nothing | – | nothing: who got no answer pays none, whatever the vendor bills us |
 */
export function billed(ending: Ending): Billed {
  const { usage, source } = used(ending)
  // Vendors do not count requests; who pays by the request pays for each that was answered.
  return isZero(usage) ? { usage, source } : { usage: { ...usage, requests: Math.max(1, usage.requests) }, source }
}

function used({ how, told, counted }: Ending): Billed {
  if (how === 'nothing') return nothing
  if (!told) return { usage: usageOf(counted), source: 'counted' }
  if (how === 'complete' || isZero(told)) return { usage: told, source: 'vendor' }
  const missing = counted.output - totalOutput(told)
  // A vendor that had not told its output yet told at most a few tokens of it when it began.
  return missing > 0
    ? { usage: { ...told, output: told.output + missing }, source: 'vendor and counted' }
    : { usage: told, source: 'vendor' }
}

const isZero = (usage: Usage): boolean => totalInput(usage) + totalOutput(usage) === 0
