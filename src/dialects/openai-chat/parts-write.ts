import { asText } from '../../model/history.ts'
import type { MediaPart, Part } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { writeMedium } from './media-write.ts'
import type { ChatPart } from './shapes.ts'
import type { Writing } from './writing.ts'

/** The parts of a user message. What has no form is lost by name, or refused where the question would be another one. */
export const writeUserParts = (parts: readonly Part[], writing: Writing): ChatPart[] =>
  parts.flatMap((part) => withMark(writeUserPart(part, writing), part, writing))

function writeUserPart(part: Part, writing: Writing): readonly ChatPart[] {
  switch (part.kind) {
    case 'text':
      return [{ type: 'text', text: part.text }]
    case 'media':
      return writeMediaPart(part, writing)
    case 'compaction':
      if (part.text !== undefined) return [{ type: 'text', text: part.text }]
      writing.drop('compaction')
      return []
    case 'opaque':
      return writeOpaque(part, writing)
    default: {
      const text = asText(part)
      if (text) return [{ type: 'text', text: text.text }]
      writing.drop(part.kind)
      return []
    }
  }
}

function writeMediaPart(part: MediaPart, writing: Writing): readonly ChatPart[] {
  if (part.cite) writing.drop('citations')
  if (part.source.kind === 'parts') return part.source.parts.flatMap((inner) => writeUserPart(inner, writing))
  const written = writeMedium(part, writing.quirks)
  if ('parts' in written) return written.parts
  writing.refuse(written.unsupported, 'messages')
  return []
}

function writeOpaque({ dialect, type, value }: Extract<Part, { kind: 'opaque' }>, writing: Writing): ChatPart[] {
  // A part of this very format, from a client who knows its server: as it came.
  if (dialect === 'openai-chat') return [value as ChatPart]
  writing.drop(type)
  return []
}

/** The speaker's name as text, for servers that have no field for it. */
export function nameAhead({ name }: Turn, { quirks, change }: Writing): Part[] {
  if (name === undefined || quirks.namesOnMessages) return []
  change('name')
  return [{ kind: 'text', text: `[${name}]` }]
}

/** A breakpoint behind a part stands on the last thing that the part became. */
export function withMark(
  written: readonly ChatPart[],
  { cache }: Part,
  { quirks, target }: Writing,
): readonly ChatPart[] {
  const last = written.at(-1)
  if (!cache || !last) return written
  if (quirks.cacheControl) return [...written.slice(0, -1), { ...last, cache_control: anthropicMark(cache.ttl) }]
  if (!quirks.cacheBreakpoints || !target.capabilities.cacheBreakpoints) return written
  return [...written.slice(0, -1), { ...last, prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } }]
}

/** Five minutes need not be said. */
export const anthropicMark = (ttl: string): { type: 'ephemeral'; ttl?: string } =>
  ttl === '5m' ? { type: 'ephemeral' } : { type: 'ephemeral', ttl: '1h' }

/**
 * Content as this server takes it: a string where there is but one plain text, or where the server knows nothing else and all
 * is text; else the parts.
 */
export function contentOf(parts: readonly ChatPart[], { quirks }: Writing): string | ChatPart[] {
  const texts = parts.flatMap((part) => (part.type === 'text' && isPlain(part) ? [part.text] : []))
  const isAllText = texts.length === parts.length
  return isAllText && (texts.length <= 1 || quirks.contentAsString) ? texts.join('\n\n') : [...parts]
}

const isPlain = (part: ChatPart): boolean =>
  part.cache_control === undefined && part.prompt_cache_breakpoint === undefined
