import type { MediaPart, Part, SearchResultPart, TextPart, ToolReferencePart } from '../part.ts'

/**
 * A document, a search result or a tool reference as text below its title, for targets without such blocks; a text is itself.
 * Undefined: it holds something that is no text.
 */
export function asText(part: Part): TextPart | undefined {
  const text = contentOf(part)
  if (text === undefined || part.kind === 'text') return part.kind === 'text' ? part : undefined
  return { kind: 'text', text, ...(part.cache && { cache: part.cache }), ...(part.seal && { seal: part.seal }) }
}

function contentOf(part: Part): string | undefined {
  if (part.kind === 'text') return part.text
  if (part.kind === 'media') return documentText(part)
  if (part.kind === 'search_result') return searchText(part)
  return part.kind === 'tool_reference' ? referenceText(part) : undefined
}

const referenceText = ({ name }: ToolReferencePart): string => `Tool "${name}" is available.`

function searchText({ title, source, parts }: SearchResultPart): string | undefined {
  const text = joinedText(parts)
  return text === undefined ? undefined : below([title, source], text)
}

function documentText(part: MediaPart): string | undefined {
  const text = sourceText(part)
  return text === undefined ? undefined : below([part.title ?? part.name, part.context], text)
}

function sourceText({ source, mime }: MediaPart): string | undefined {
  if (source.kind === 'text') return source.text
  if (source.kind === 'parts') return joinedText(source.parts)
  if (source.kind !== 'base64' || mime === undefined || !textTypes.test(mime)) return undefined
  return Buffer.from(source.data, 'base64').toString('utf8')
}

/** Files that a person can read as they are. */
const textTypes = /^text\/|^application\/(?:json|xml|yaml|x-yaml|javascript|sql)$|\+(?:json|xml)$/

function joinedText(parts: readonly Part[]): string | undefined {
  const texts = parts.map(contentOf)
  return texts.every((text) => text !== undefined) ? texts.join('\n\n') : undefined
}

function below(heads: readonly (string | undefined)[], text: string): string {
  const header = heads.filter((head) => head !== undefined && head !== '').join('\n')
  return header === '' ? text : `${header}\n\n${text}`
}
