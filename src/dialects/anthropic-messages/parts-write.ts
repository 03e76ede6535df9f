import { isEnvelope } from '../../model/envelope.ts'
import type { CacheMark, Part, PartKind, ServerResultPart } from '../../model/part.ts'
import { isWholeJson, toolInput } from '../../model/tools/arguments.ts'
import { wireId } from '../../model/tools/id.ts'
import type { ToolNames } from '../../model/tools/name.ts'
import type { Concessions } from '../concessions.ts'
import { writeSealedCitation } from './citations.ts'
import { writeMedia } from './media-write.ts'
import type { AnthropicQuirks } from './quirks.ts'
import { isOwnTrace, ownBlock } from './server-write.ts'
import type { Block, WireCacheControl } from './shapes.ts'

const dialect = 'anthropic-messages'

/** What the writers of one request share. */
export interface Writing {
  readonly given: Concessions
  readonly names: ToolNames
  readonly quirks: AnthropicQuirks
  /** The client speaks this format too: what only it knows travels on. */
  readonly isOwn: boolean
}

/**
 * The part as the vendor may see it; undefined when it must stay behind. Thoughts need the vendor's own seal: without it, or
 * with another's, the request would be refused. Traces of tools that other vendors ran are left out, what they printed is kept.
 */
export function carried(part: Part, given: Concessions): Part | undefined {
  switch (part.kind) {
    case 'thinking':
      return part.seal?.dialect === dialect && !isEnvelope(part.seal.data) ? part : undefined
    case 'refusal':
      return { kind: 'text', text: part.text }
    case 'server_call':
      if (!isOwnTrace(part)) given.drop(part.name)
      return isOwnTrace(part) ? part : undefined
    case 'server_result':
      return isOwnTrace(part) ? part : printed(part)
    case 'compaction':
      return carriedCompaction(part)
    case 'opaque':
      if (part.dialect !== dialect) given.drop(part.type)
      return part.dialect === dialect ? part : undefined
    default:
      return part
  }
}

const printed = ({ tool, output }: ServerResultPart): Part | undefined =>
  tool === 'code' && output ? { kind: 'text', text: `Output of the code that was run:\n${output}` } : undefined

function carriedCompaction(part: Extract<Part, { kind: 'compaction' }>): Part | undefined {
  const { seal, text } = part
  if (!seal || (seal.dialect === dialect && !isEnvelope(seal.data))) return part
  return text === undefined ? undefined : { kind: 'text', text }
}

/** A part of a turn as a block; undefined when there is nothing to say, or it was refused. */
export function writePart(part: Part, writing: Writing): Block | undefined {
  const block = partWriters[part.kind](part as never, writing)
  // Thinking takes no breakpoint.
  if (!block || !part.cache || part.kind === 'thinking' || !writing.quirks.cacheMarks) return block
  return { ...block, cache_control: writeCacheMark(part.cache) }
}

/** Lifetimes that the format does not know become the longer one it has. */
export const writeCacheMark = ({ ttl }: CacheMark): WireCacheControl =>
  ttl === '5m' ? { type: 'ephemeral' } : { type: 'ephemeral', ttl: '1h' }

export const writeParts = (parts: readonly Part[], writing: Writing): readonly Block[] =>
  parts.flatMap((part) => writePart(part, writing) ?? [])

type PartWriters = {
  readonly [Kind in PartKind]: (part: Extract<Part, { kind: Kind }>, writing: Writing) => Block | undefined
}

const partWriters: PartWriters = {
  text({ text, citations }) {
    const written = (citations ?? []).flatMap((citation) => writeSealedCitation(citation) ?? [])
    return { type: 'text', text, ...(written.length > 0 && { citations: written }) }
  },
  refusal: ({ text }) => ({ type: 'text', text }),
  thinking({ text, form, seal }) {
    if (!seal) return undefined
    if (form === 'redacted') return { type: 'redacted_thinking', data: seal.data }
    return { type: 'thinking', thinking: text, signature: seal.data }
  },
  media: (part, writing) =>
    writeMedia(part, {
      given: writing.given,
      takesDocuments: writing.quirks.documents,
      writeParts: (parts) => writeParts(parts, writing),
    }),
  search_result: ({ source, title, parts, cite }, writing) => ({
    type: 'search_result',
    source,
    title,
    content: writeParts(parts, writing),
    ...(cite && { citations: { enabled: true } }),
  }),
  tool_call(part, { names, given, isOwn }) {
    const { tool, arguments: text, caller } = part
    if (tool.flavor !== 'custom' && text !== '' && !isWholeJson(text)) given.change('arguments')
    return {
      type: 'tool_use',
      id: callId(part.id),
      name: names.wire(part),
      input: tool.flavor === 'custom' ? { input: text } : toolInput(text),
      ...(isOwn && caller !== undefined && { caller }),
      ...(isOwn && toolset(tool)),
    }
  },
  tool_result({ id, tool, parts, isError }, writing) {
    const content = writeContent(parts, writing)
    return {
      type: 'tool_result',
      tool_use_id: callId(id),
      ...(content !== undefined && { content }),
      ...(isError && { is_error: true }),
      ...(writing.isOwn && toolset(tool)),
    }
  },
  tool_reference: ({ name }, { names }) => ({ type: 'tool_reference', tool_name: names.wire({ name }) }),
  server_call: (part) => ownBlock(part, toolInput(part.arguments)),
  // Only own traces are carried so far; their native value was read from a block.
  server_result: ({ native }) => native?.value as Block | undefined,
  compaction: ({ text, seal }) => ({
    type: 'compaction',
    content: text ?? null,
    ...(seal && { encrypted_content: seal.data }),
  }),
  // Only own opaque parts are carried so far; they were read from a block.
  opaque: ({ value }) => value as Block,
}

/** Legal ids are never rewritten, however long: newer models bind seals to the exact history. */
const callId = (id: string): string => (/^[A-Za-z0-9_-]+$/.test(id) ? id : wireId(id))

/** Members of a toolset say which one they belong to; other typed tools have dated types. */
const toolset = (tool: { readonly flavor: string; readonly type?: string }) =>
  tool.flavor === 'typed' && tool.type !== undefined && !/_\d{8}$/.test(tool.type) ? { toolset_name: tool.type } : {}

/** A result is a string when it is nothing but text, so that the same result is always the same bytes. */
function writeContent(parts: readonly Part[], writing: Writing): string | readonly Block[] | undefined {
  const kept = parts.flatMap((part) => carried(part, writing.given) ?? []).filter((part) => !isBlank(part))
  const [only, ...others] = kept
  if (!only) return undefined
  if (others.length === 0 && only.kind === 'text' && !only.cache && !only.citations) return only.text
  return writeParts(kept, writing)
}

const isBlank = (part: Part): boolean => part.kind === 'text' && part.text.trim() === ''
