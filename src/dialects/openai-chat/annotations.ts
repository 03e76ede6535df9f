import type { Citation, SearchHit } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import { recordOf, records, word } from './reading.ts'

/**
 * One annotation of an answer; `base` is where the text part that it belongs to begins in the message's content, in code points.
 * @see https://platform.openai.com/docs/guides/tools-web-search#output-and-citations
 */
export function readAnnotation(annotation: Record<string, unknown>, base: number): Citation {
  const cited = recordOf(annotation.url_citation)
  const url = word(cited.url)
  if (url === undefined)
    return { kind: 'native', dialect: 'openai-chat', type: word(annotation.type) ?? 'annotation', value: annotation }
  const [start, end] = [offset(cited.start_index, base), offset(cited.end_index, base)]
  const title = word(cited.title)
  const text = word(cited.content)
  return {
    kind: 'url',
    url,
    ...(title !== undefined && { title }),
    ...(text !== undefined && { cited: text }),
    // Servers that know no places say 0 to 0.
    ...(start !== undefined && end !== undefined && end > start && { start, end }),
  }
}

const offset = (value: unknown, base: number): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= base ? value - base : undefined

/** The place of a cited text part in the whole content, in code points. */
export interface Place {
  readonly base: number
  readonly length: number
}

/** A citation as an annotation; undefined for those of other makers' documents, which have no form here. */
export function writeAnnotation(citation: Citation, { base, length }: Place): Record<string, unknown> | undefined {
  if (citation.kind === 'native') return citation.dialect === 'openai-chat' ? recordOf(citation.value) : undefined
  return {
    type: 'url_citation',
    url_citation: {
      start_index: base + (citation.start ?? 0),
      end_index: base + (citation.end ?? length),
      url: citation.url,
      title: citation.title ?? citation.url,
      ...(citation.cited !== undefined && { content: citation.cited }),
    },
  }
}

/**
 * What a search server found: `search_results: [{title, url, date}]`, or bare addresses in `citations`.
 * @see https://docs.perplexity.ai/api-reference/chat-completions-post
 */
export function readHits(body: Record<string, unknown>): readonly SearchHit[] {
  if (!body.search_results && !body.citations) return []
  const found = records(body.search_results).flatMap(readHit)
  if (found.length > 0) return found
  const citations = Array.isArray(body.citations) ? body.citations : []
  return citations.flatMap((citation) => (isRecord(citation) ? readHit(citation) : readHit({ url: citation })))
}

/** One hit, if it has an address. */
export function readHit(hit: Record<string, unknown>): SearchHit[] {
  const url = word(hit.url)
  if (url === undefined) return []
  const age = word(hit.date) ?? word(hit.published_date)
  return [{ url, title: word(hit.title) ?? url, ...(age !== undefined && { age }) }]
}

/** Code points of a text. */
export function codePoints(text: string): number {
  let points = text.length
  for (let at = 1; at < text.length; at++) if (isLow(text.charCodeAt(at)) && isHigh(text.charCodeAt(at - 1))) points--
  return points
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000
