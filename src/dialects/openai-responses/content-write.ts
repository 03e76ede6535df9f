import { asText } from '../../model/history.ts'
import type { MediaPart, Part, PartKind } from '../../model/part.ts'
import type { CacheBreakpoint, InputContent } from './shapes.ts'
import type { Writing } from './writing.ts'

/** Content of a user's message or of a tool's output. Parts that have no place there leave nothing behind. */
export const writeContent = (parts: readonly Part[], writing: Writing): InputContent[] =>
  parts.flatMap((part) => writePart(part, writing).map((content) => marked(content, part, writing)))

function marked(content: InputContent, part: Part, { target }: Writing): InputContent {
  if (!part.cache || !target.capabilities.cacheBreakpoints) return content
  return { ...content, prompt_cache_breakpoint: breakpoint(part.cache.ttl) }
}

const breakpoint = (ttl: string): CacheBreakpoint => ({ mode: 'explicit', ttl: ttl === '12h' ? '12h' : '30m' })

const say = (text: string): InputContent[] => [{ type: 'input_text', text }]

function writePart(part: Part, writing: Writing): InputContent[] {
  if (part.kind === 'text' || part.kind === 'refusal') return say(part.text)
  const text = asText(part)
  // Files of text go as files where they have a name to go by.
  if (text && !(part.kind === 'media' && part.source.kind === 'base64')) return say(text.text)
  if (part.kind === 'media') return writeMedia(part, writing)
  if (part.kind === 'search_result')
    return writeContent([{ kind: 'text', text: `${part.title}\n${part.source}` }, ...part.parts], writing)
  if (part.kind === 'compaction' && part.text) return say(part.text)
  if (part.kind === 'opaque' && part.dialect === 'openai-responses' && writing.quirks.opaqueItems)
    // An opaque piece of this format's own content, kept as it came.
    return [part.value as InputContent]
  if (!unseen.has(part.kind)) writing.drop(part.kind === 'opaque' ? part.type : part.kind)
  return []
}

/** Kinds that are no content, and whose absence is told elsewhere. */
const unseen: ReadonlySet<PartKind> = new Set(['thinking', 'server_call', 'server_result'])

function writeMedia(part: MediaPart, writing: Writing): InputContent[] {
  if (part.source.kind === 'parts') return writeContent(part.source.parts, writing)
  if (part.media === 'image') return writeImage(part, writing)
  if (part.media === 'document' || part.media === 'file') return writeFile(part, writing)
  writing.refuse('input', `This model does not take ${part.media} input.`)
  return []
}

/** Pictures that vision models of this format open. */
const imageTypes: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

function writeImage(part: MediaPart, writing: Writing): InputContent[] {
  const { source } = part
  const detail = part.detail ?? 'auto'
  if (source.kind === 'url') return [{ type: 'input_image', detail, image_url: source.url }]
  if (source.kind === 'file')
    return ownFile(source.dialect, writing, { type: 'input_image', detail, file_id: source.id })
  if (source.kind !== 'base64') return []
  const mime = part.mime ?? 'image/png'
  if (!imageTypes.has(mime)) writing.refuse('input', `This model does not take ${mime} pictures.`)
  return [{ type: 'input_image', detail, image_url: `data:${mime};base64,${source.data}` }]
}

function writeFile(part: MediaPart, writing: Writing): InputContent[] {
  const { source } = part
  const named = { ...((part.name ?? part.title) && { filename: part.name ?? part.title ?? '' }) }
  const head = [part.name === undefined ? undefined : part.title, part.context].filter((text) => text)
  const before = head.length > 0 ? say(head.join('\n')) : []
  if (source.kind === 'url') return [...before, { type: 'input_file', ...named, file_url: source.url }]
  if (source.kind === 'file')
    return [...before, ...ownFile(source.dialect, writing, { type: 'input_file', file_id: source.id })]
  if (source.kind !== 'base64') return before
  const mime = part.mime ?? 'application/pdf'
  const filename = named.filename ?? (mime === 'application/pdf' ? 'document.pdf' : 'document')
  return [...before, { type: 'input_file', filename, file_data: `data:${mime};base64,${source.data}` }]
}

function ownFile(dialect: string, writing: Writing, content: InputContent): InputContent[] {
  if (dialect === 'openai-responses' || dialect === 'openai-chat') return [content]
  writing.refuse('input', 'A file of another vendor cannot be opened by this model.')
  return []
}
