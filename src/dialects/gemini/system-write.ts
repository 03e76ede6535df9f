import { textOf } from '../../model/history.ts'
import type { WirePart } from './shapes.ts'
import type { Writing } from './writing.ts'

/** Instructions, one part for each of the client's, and ours behind them. Undefined: there are none. */
export function writeSystem(
  { request, given }: Writing,
  instructions: readonly string[],
): { readonly parts: readonly WirePart[] } | undefined {
  const texts = request.system.map((part) => textOf([part])).filter((text) => text.trim() !== '')
  const kept = texts.filter((text) => !isBilling(text))
  if (request.system.some((part) => part.kind !== 'text')) given.drop('system')
  const parts = [...kept, ...instructions].map((text) => ({ text }))
  return parts.length > 0 ? { parts } : undefined
}

/** A line that a client addresses to its own vendor. It differs in every conversation, so no prompt cache would hit. */
const isBilling = (text: string): boolean => text.startsWith('x-anthropic-billing-header:')
