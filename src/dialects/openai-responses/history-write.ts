import { answerPrefill, pairCalls } from '../../model/history.ts'
import type { Part, TextPart } from '../../model/part.ts'
import type { ChatRequest } from '../../model/request.ts'
import { writeContent } from './content-write.ts'
import { writeItems } from './items-write.ts'
import type { InputContent, Item } from './shapes.ts'
import type { Writing } from './writing.ts'

/** Claude Code's first block differs in every conversation: it would spoil the prompt cache, and says nothing to a model. */
const isBillingHeader = (part: Part): boolean =>
  part.kind === 'text' && part.text.startsWith('x-anthropic-billing-header:')

/** `instructions` and `input`. */
export function writeHistory(request: ChatRequest, writing: Writing): { instructions?: string; input: Item[] } {
  const system = request.system.filter((part) => !isBillingHeader(part))
  if (system.length < request.system.length) writing.drop('x-anthropic-billing-header')
  const paired = pairCalls(request.turns)
  const answered = answerPrefill(paired.turns)
  writing.lost.push(...paired.lost, ...answered.lost)
  const items = writeItems(answered.turns, writing)
  const head = writeSystem(system, writing)
  return { ...(head.text !== '' && { instructions: head.text }), input: limitBreakpoints([...head.items, ...items]) }
}

/** A breakpoint needs a place to stand: instructions with one become a message, never both. */
function writeSystem(system: readonly Part[], writing: Writing): { text: string; items: Item[] } {
  const isMarked = writing.target.capabilities.cacheBreakpoints && system.some((part) => part.cache)
  if (!isMarked) {
    const texts = system.filter((part): part is TextPart => part.kind === 'text').map((part) => part.text)
    return { text: texts.join('\n\n'), items: [] }
  }
  const role = writing.quirks.systemRole
  return { text: '', items: [{ type: 'message', role, content: writeContent(system, writing) }] }
}

export const hasBreakpoint = (items: readonly Item[]): boolean =>
  items.some(({ content, output }) =>
    [content, output].some((pieces) => Array.isArray(pieces) && pieces.some((piece) => piece?.prompt_cache_breakpoint)),
  )

const mostBreakpoints = 4

/** The last four count: what is before them is cached with them. */
function limitBreakpoints(items: readonly Item[]): Item[] {
  let left = mostBreakpoints
  const limited = items.toReversed().map((item) => {
    const field = Array.isArray(item.content) ? 'content' : Array.isArray(item.output) ? 'output' : undefined
    if (field === undefined) return item
    // Lists of pieces in these two fields are written by `writeContent`; others carry no breakpoints.
    const pieces = (item[field] as readonly InputContent[]).toReversed().map((piece) => {
      if (!piece?.prompt_cache_breakpoint || left-- > 0) return piece
      const { prompt_cache_breakpoint: _, ...bare } = piece
      return bare
    })
    return { ...item, [field]: pieces.toReversed() }
  })
  return limited.toReversed()
}
