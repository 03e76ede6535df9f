import { byteToCodePoint } from '../../model/citation.ts'
import type { Citation, Part, SearchHit } from '../../model/part.ts'
import { type Message, memberOf, readList, readMessage, readNumber, readText, readTexts } from './proto.ts'

/** The statements of `text` that the grounding supports. Segments count UTF-8 bytes. */
export function readCitations(grounding: Message, text: string): readonly Citation[] {
  const sources = readList(grounding.groundingChunks)
  const bytes = Buffer.from(text)
  return readList(grounding.groundingSupports).flatMap((support) => {
    const span = spanOf(memberOf(support, 'segment'), text, bytes)
    if (!span) return []
    const indices: readonly unknown[] = Array.isArray(support.groundingChunkIndices)
      ? support.groundingChunkIndices
      : []
    return indices.flatMap((index) => {
      const source = sources[readNumber(index) ?? -1]
      return source ? [citationOf(source, span)] : []
    })
  })
}

/** What was asked of the search and what it found, as one call and its result; nothing when it did not search. */
export function readSearchTrace(grounding: Message, id: string): readonly Part[] {
  const queries = queriesOf(grounding)
  const hits = readList(grounding.groundingChunks).flatMap(hitOf)
  if (queries.length === 0 && hits.length === 0) return []
  const trace = { id, tool: 'web_search', name: 'google_search' } as const
  return [
    {
      kind: 'server_call',
      ...trace,
      arguments: JSON.stringify(queries.length === 1 ? { query: queries[0] } : { queries }),
    },
    {
      kind: 'server_result',
      ...trace,
      hits,
      native: { dialect: 'gemini', value: { groundingMetadata: grounding } },
    },
  ]
}

/** Web searches of one answer, for the bill. */
export const searchesIn = (grounding: Message): number => queriesOf(grounding).length

const queriesOf = (grounding: Message): readonly string[] =>
  readTexts(grounding.webSearchQueries).filter((query) => query !== '')

interface Span {
  readonly start: number
  readonly end: number
  readonly cited: string
}

/**
 * Where the segment stands in this text, in code points. Offsets are believed when the segment's own text stands there;
 * in a stream they may count from elsewhere, so the words are looked for.
 */
function spanOf(segment: Message, text: string, bytes: Buffer): Span | undefined {
  const cited = readText(segment.text)
  const start = readNumber(segment.startIndex) ?? 0
  const end = readNumber(segment.endIndex) ?? bytes.length
  const there = bytes.toString('utf8', start, end)
  if (start < end && end <= bytes.length && (cited === undefined || cited === there))
    return { start: byteToCodePoint(text, start), end: byteToCodePoint(text, end), cited: there }
  const at = cited ? text.indexOf(cited) : -1
  if (!cited || at < 0) return undefined
  const before = [...text.slice(0, at)].length
  return { start: before, end: before + [...cited].length, cited }
}

function citationOf(source: Message, span: Span): Citation {
  const [hit] = hitOf(source)
  if (!hit) return { kind: 'native', dialect: 'gemini', type: Object.keys(source)[0] ?? 'unknown', value: source }
  return { kind: 'url', url: hit.url, ...(hit.title !== '' && { title: hit.title }), ...span }
}

/** Web pages, maps and retrieved documents that have an address. */
function hitOf(source: Message): SearchHit[] {
  const place = readMessage(source.web ?? source.maps ?? source.retrievedContext)
  const url = readText(place?.uri)
  return url === undefined ? [] : [{ url, title: readText(place?.title) ?? '' }]
}
