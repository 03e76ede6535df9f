import type { Part, TextPart, ThinkingPart } from '../../model/part.ts'

/**
 * Adds what a model said next. `isChunk`: it begins another content of the same turn, as a chat that was streamed keeps
 * its chunks, so words go on where the last ones ended. A signature that comes alone on an empty text belongs to the
 * piece before it; two signatures are never joined, because each must come back.
 */
export function addPiece(parts: Part[], part: Part, { isChunk }: { readonly isChunk: boolean }): void {
  const before = parts.at(-1)
  if (isEmptyPiece(part)) return
  const next = before && (isChunk || isSealAlone(part)) ? joined(before, part) : undefined
  if (next) parts[parts.length - 1] = next
  else parts.push(part)
}

type Words = TextPart | ThinkingPart

const isWords = (part: Part): part is Words => part.kind === 'text' || part.kind === 'thinking'

/** What keeps a connection alive stays behind in the history as an empty piece. */
const isEmptyPiece = (part: Part): boolean => isWords(part) && part.text === '' && !part.seal

const isSealAlone = (part: Part): boolean => isWords(part) && part.text === ''

/** Undefined: the two stay apart. */
function joined(before: Part, part: Part): Part | undefined {
  if (!isWords(before) || !isWords(part) || (before.seal && part.seal)) return undefined
  if (before.kind !== part.kind && part.text !== '') return undefined
  return { ...before, text: before.text + part.text, ...(part.seal && { seal: part.seal }) }
}
