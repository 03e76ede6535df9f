import type { Citation } from './part.ts'

/**
 * Offsets are counted in UTF-8 bytes by Gemini, in code points by OpenAI and here, in UTF-16 units by JavaScript.
 * An offset inside a character counts as that character's start, one beyond the end as the end.
 */
export const byteToCodePoint = (text: string, byteOffset: number): number => walk(text, byteOffset, byteSize).codePoints

export const codePointToByte = (text: string, offset: number): number => walk(text, offset, () => 1).bytes

export const codePointToUnit = (text: string, offset: number): number => walk(text, offset, () => 1).units

export const unitToCodePoint = (text: string, offset: number): number =>
  walk(text, offset, (character) => character.length).codePoints

interface Position {
  codePoints: number
  bytes: number
  units: number
}

/** Steps over whole characters as long as their sizes fit below `limit`. */
function walk(text: string, limit: number, size: (character: string) => number): Position {
  const position = { codePoints: 0, bytes: 0, units: 0 }
  let walked = 0
  for (const character of text) {
    walked += size(character)
    if (walked > limit) break
    position.codePoints++
    position.bytes += byteSize(character)
    position.units += character.length
  }
  return position
}

function byteSize(character: string): number {
  const point = character.codePointAt(0) ?? 0
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
}

/** A stretch of text and the sources of what it says. */
export interface CitedText {
  readonly text: string
  readonly citations: readonly Citation[]
}

interface Span {
  readonly start: number
  readonly end: number
  readonly citations: Citation[]
}

/**
 * Cuts a text so that each cited span is a piece of its own, for formats whose citations have no offsets. The pieces put
 * together are the text. Spans that overlap become one; citations without a place go to the last piece; white space
 * between spans stays with the piece before it, because vendors refuse blank text when it comes back.
 */
export function splitAtCitations(text: string, citations: readonly Citation[]): CitedText[] {
  const placed = spansOf(text, citations)
  const pieces: { text: string; citations: Citation[] }[] = []
  const add = (piece: string, cited: Citation[]): void => {
    const last = pieces.at(-1)
    if (piece === '') return
    if (last && cited.length === 0 && piece.trim() === '') last.text += piece
    else if (last && last.citations.length === 0 && last.text.trim() === '') {
      last.text += piece
      last.citations = cited
    } else pieces.push({ text: piece, citations: cited })
  }
  let at = 0
  for (const span of placed) {
    add(text.slice(at, span.start), [])
    add(text.slice(span.start, span.end), span.citations)
    at = span.end
  }
  add(text.slice(at), [])
  return withUnplaced(
    text,
    pieces,
    citations.filter((citation) => placeOf(citation) === undefined),
  )
}

function withUnplaced(text: string, pieces: readonly CitedText[], unplaced: readonly Citation[]): CitedText[] {
  const last = pieces.at(-1) ?? { text, citations: [] }
  if (unplaced.length === 0 && pieces.length > 0) return [...pieces]
  return [...pieces.slice(0, -1), { text: last.text, citations: [...last.citations, ...unplaced] }]
}

function placeOf(citation: Citation): { readonly start: number; readonly end: number } | undefined {
  if (citation.kind !== 'url' || citation.end === undefined || citation.end <= 0) return undefined
  return { start: Math.min(citation.start ?? citation.end, citation.end), end: citation.end }
}

/** Spans in UTF-16 units, in order, without overlap. One of no length means all that was said since the span before. */
function spansOf(text: string, citations: readonly Citation[]): Span[] {
  const spans: Span[] = []
  const places = citations.flatMap((citation) => {
    const place = placeOf(citation)
    if (place === undefined) return []
    return [{ citation, start: codePointToUnit(text, place.start), end: codePointToUnit(text, place.end) }]
  })
  places.sort((left, right) => left.start - right.start || left.end - right.end)
  for (const { citation, start, end } of places) {
    const last = spans.at(-1)
    const isPoint = start >= end
    if (last && (start < last.end || (isPoint && start === last.end))) {
      last.citations.push(citation)
      spans[spans.length - 1] = { ...last, end: Math.max(last.end, end) }
    } else spans.push({ start: isPoint ? (last?.end ?? 0) : start, end, citations: [citation] })
  }
  return spans
}
