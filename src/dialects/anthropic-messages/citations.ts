import type { Citation } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import type { Block } from './shapes.ts'

const dialect = 'anthropic-messages'
const textOr = <T>(value: unknown, otherwise: T): string | T => (typeof value === 'string' ? value : otherwise)

/**
 * Citations of web search become addresses; those of documents and search results that the client sent stay native.
 * One without its sealed index was told by us for another vendor: it is only shown, and never goes back.
 */
export function readCitation(value: unknown): Citation | undefined {
  if (!isRecord(value) || typeof value.type !== 'string') return undefined
  if (value.type !== 'web_search_result_location') return { kind: 'native', dialect, type: value.type, value }
  const { url, title, cited_text: cited, encrypted_index: seal } = value
  return {
    kind: 'url',
    url: textOr(url, ''),
    ...(typeof title === 'string' && { title }),
    ...(typeof cited === 'string' && { cited }),
    ...(typeof seal === 'string' && seal !== '' && { seal }),
  }
}

/** All citations of a text block, or undefined when there are none. */
export function readCitations(value: unknown): readonly Citation[] | undefined {
  if (!Array.isArray(value)) return undefined
  const citations = value.flatMap((item) => readCitation(item) ?? [])
  return citations.length > 0 ? citations : undefined
}

/** The citation for a client; undefined when it is another format's own. */
export function writeCitation(citation: Citation): Block | undefined {
  // A native citation of this format was read from an object with a `type`.
  if (citation.kind === 'native') return citation.dialect === dialect ? (citation.value as Block) : undefined
  return {
    type: 'web_search_result_location',
    url: citation.url,
    title: citation.title ?? null,
    cited_text: citation.cited ?? '',
    encrypted_index: citation.seal ?? '',
  }
}

/** The citation for the vendor, who wants the sealed index back. */
export const writeSealedCitation = (citation: Citation): Block | undefined =>
  citation.kind === 'url' && citation.seal === undefined ? undefined : writeCitation(citation)
