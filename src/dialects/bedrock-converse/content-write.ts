import { asText } from '../../model/history.ts'
import { changed, dropped } from '../../model/loss.ts'
import type { CacheMark, Part, PartKind, ThinkingPart, ToolCallPart, ToolResultPart } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { toolInput } from '../../model/tools/arguments.ts'
import { wireId } from '../../model/tools/id.ts'
import { writeMedia } from './media-write.ts'
import type { WireBlock, WireCachePoint, WireMessage, WireSystem } from './shapes.ts'
import type { Writing } from './writing.ts'

/** The turns as messages. They alternate already, begin with the user, and hold every call's result. */
export function writeMessages(turns: readonly Turn[], to: Writing): WireMessage[] {
  return turns.flatMap(({ role, parts }, at): WireMessage[] => {
    const content = withText(writeParts(parts, `messages[${at}].content`, to))
    return content.length === 0 ? [] : [{ role: role === 'assistant' ? 'assistant' : 'user', content }]
  })
}

/** A document must not stand without a text beside it. */
const withText = (content: WireBlock[]): WireBlock[] =>
  content.some((block) => 'document' in block) && !content.some((block) => 'text' in block)
    ? [...content, { text: '(document attached)' }]
    : content

export function writeSystem(parts: readonly Part[], to: Writing): WireSystem[] {
  return parts.flatMap((part, at): WireSystem[] => {
    const text = asText(part)
    if (!text) to.refuse('Instructions must be text.', `system[${at}]`)
    return !text || text.text.trim() === '' ? [] : [{ text: text.text }, ...cachePoint(part.cache, to)]
  })
}

export function cachePoint(mark: CacheMark | undefined, to: Writing): WireCachePoint[] {
  if (!mark) return []
  if (!to.traits.cachePoints) {
    to.lost.push(dropped('cache_control'))
    return []
  }
  const isLong = mark.ttl === '1h' || mark.ttl === '12h'
  return [{ cachePoint: { type: 'default', ...(isLong && { ttl: '1h' }) } }]
}

function writeParts(parts: readonly Part[], where: string, to: Writing): WireBlock[] {
  return parts.flatMap((part, at) => {
    const block = writePart(part, `${where}[${at}]`, to)
    // Vendors refuse a mark behind a thought.
    const mark = part.kind === 'thinking' ? undefined : (part.cache ?? innerMark(part))
    return block ? [block, ...cachePoint(mark, to)] : []
  })
}

/** A mark within a tool's result moves behind the result. */
const innerMark = (part: Part): CacheMark | undefined =>
  part.kind === 'tool_result' ? part.parts.findLast((inner) => inner.cache)?.cache : undefined

type Writer<Kind extends PartKind> = (
  part: Extract<Part, { kind: Kind }>,
  where: string,
  to: Writing,
) => WireBlock | undefined

const writers: { readonly [Kind in PartKind]: Writer<Kind> } = {
  text: ({ text }) => (text.trim() === '' ? undefined : { text }),
  refusal: ({ text }) => (text.trim() === '' ? undefined : { text }),
  thinking: writeThinking,
  media: writeMedia,
  search_result: writeAsText,
  tool_reference: writeAsText,
  tool_call: writeCall,
  tool_result: writeResult,
  server_call: lose,
  server_result: lose,
  opaque: (part, where, to) => lose(part, `${where}.${part.type}`, to),
  compaction: ({ text }, where, to) => {
    if (text === undefined) to.refuse('Only the model that compacted this history can read it.', where)
    return text === undefined ? undefined : { text }
  },
}

const writePart = (part: Part, where: string, to: Writing): WireBlock | undefined =>
  // The table has the writer of each kind under that kind.
  (writers[part.kind] as Writer<PartKind>)(part, where, to)

function writeAsText(part: Part, where: string, to: Writing): WireBlock | undefined {
  const text = asText(part)
  return text ? { text: text.text } : lose(part, where, to)
}

function lose(_part: Part, where: string, to: Writing): undefined {
  to.lost.push(dropped(where))
}

/** Only what Converse itself signed goes back. */
function writeThinking({ text, form, seal }: ThinkingPart): WireBlock | undefined {
  if (seal?.dialect !== 'bedrock-converse') return undefined
  if (form === 'redacted') return { reasoningContent: { redactedContent: seal.data } }
  return { reasoningContent: { reasoningText: { text, signature: seal.data } } }
}

function writeCall(part: ToolCallPart, _where: string, to: Writing): WireBlock {
  const input = part.tool.flavor === 'custom' ? { input: part.arguments } : toolInput(part.arguments)
  return { toolUse: { toolUseId: wireId(part.id), name: to.names.wire(part), input } }
}

function writeResult(part: ToolResultPart, where: string, to: Writing): WireBlock {
  const content = part.parts.flatMap((inner, at) => writeInner(inner, `${where}.content[${at}]`, to) ?? [])
  return {
    toolResult: {
      toolUseId: wireId(part.id),
      content: content.length === 0 ? [{ text: '(no output)' }] : content,
      ...(part.isError && { status: 'error' }),
    },
  }
}

/** A result holds texts, pictures, documents and films. */
function writeInner(part: Part, where: string, to: Writing): WireBlock | undefined {
  if (part.kind === 'text' || part.kind === 'search_result' || part.kind === 'tool_reference')
    return writePart(part, where, to)
  if (part.kind === 'media' && part.media !== 'audio') return writeMedia(part, where, to)
  to.lost.push(changed(where))
  return { text: `[${part.kind === 'media' ? part.media : part.kind} left out]` }
}
