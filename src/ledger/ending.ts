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
  /** What the operator owes the vendor for: the same, but for what the vendor says it used where the customer got nothing. */
  readonly spent: Usage
}

type Used = Omit<Billed, 'spent'>

const nothing: Used = { usage: usageOf({}), source: 'none' }

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
 * | nothing | – | nothing: who got no answer pays none. What the vendor says it used stays on the operator’s cost |
 * | any | more than any model can use | as if nothing had been told |
 */
export function billed(ending: Ending): Billed {
  const { usage, source } = used(ending)
  const { how, told } = ending
  const spent = how === 'nothing' && told && !isAbsurd(told) ? told : usage
  return { usage: withRequest(usage), source, spent: withRequest(spent) }
}

/** Vendors do not count requests; who pays by the request pays for each that was answered. */
const withRequest = (usage: Usage): Usage =>
  isZero(usage) ? usage : { ...usage, requests: Math.max(1, usage.requests) }

function used({ how, told, counted }: Ending): Used {
  if (how === 'nothing') return nothing
  if (!told || isAbsurd(told)) return { usage: usageOf(counted), source: 'counted' }
  if (how === 'complete' || isZero(told)) return { usage: told, source: 'vendor' }
  const missing = counted.output - totalOutput(told)
  // A vendor that had not told its output yet told at most a few tokens of it when it began.
  return missing > 0
    ? { usage: { ...told, output: told.output + missing }, source: 'vendor and counted' }
    : { usage: told, source: 'vendor' }
}

/** No model reads or says so much for one request: tokens, and what is counted otherwise. */
const mostRead = 10_000_000
const mostSaid = 1_000_000
const mostOthers = 1_000_000

/** A slip or a lie, which would make a bill without end. What is no number is neither more nor less than anything. */
export const isAbsurd = (usage: Usage): boolean =>
  !(totalInput(usage) <= mostRead && totalOutput(usage) <= mostSaid) ||
  others.some((bucket) => !(usage[bucket] <= mostOthers))

const others = ['images', 'seconds', 'characters', 'searches', 'fetches', 'requests'] as const

const isZero = (usage: Usage): boolean => totalInput(usage) + totalOutput(usage) === 0
