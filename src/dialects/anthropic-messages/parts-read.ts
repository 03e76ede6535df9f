import type { CacheMark, OpaquePart, Part, Seal, TextPart, ToolFlavor } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import { readCitations } from './citations.ts'
import { member, readBoolean, readString } from './fields.ts'
import type { Findings } from './findings.ts'
import { readForeignImage, readMedia } from './media-read.ts'
import { isForeignTrace, readServerCall, readServerResult } from './server-read.ts'
import type { Block } from './shapes.ts'

const dialect = 'anthropic-messages'

/** What a block's reader must know besides the block. */
export interface Reading {
  readonly found: Findings
  /** The flavor of the declared tool of this name, to give its calls and results the same one. */
  readonly flavorOf: (toolName: string) => ToolFlavor
  /** The name of the tool that this call id belongs to, as far as it was read. */
  readonly callNames: Map<string, string>
}

interface Place extends Reading {
  readonly path: string
}

type BlockReader = (block: Block, place: Place) => Part | undefined

/** The parts of a message, a tool result or a reply: a string or a list of blocks. */
export function readContent(content: unknown, path: string, reading: Reading): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (content === undefined || content === null) return []
  if (!Array.isArray(content)) {
    reading.found.wrong(path, 'must be a string or a list of content blocks')
    return []
  }
  return content.flatMap((block, at) => readBlock(block, `${path}[${at}]`, reading) ?? [])
}

/** One block as a part. Undefined when it must not travel on, or is wrong (noted in `found`). */
export function readBlock(value: unknown, path: string, reading: Reading): Part | undefined {
  const { found } = reading
  if (typeof value === 'string') return { kind: 'text', text: value }
  if (!isRecord(value)) return found.wrong(path, 'must be a content block')
  if (typeof value.type !== 'string') return found.wrong(`${path}.type`, 'must name the kind of block')
  if (isForeignTrace(value)) return undefined
  const block: Block = { ...value, type: value.type }
  const part = readerOf(block.type)(block, { ...reading, path })
  const cache = readCacheMark(value.cache_control)
  return part && cache && part.kind !== 'opaque' ? { ...part, cache } : part
}

/** `cache_control` of a block, a tool or the whole request. */
export const readCacheMark = (value: unknown): CacheMark | undefined =>
  isRecord(value) && value.type === 'ephemeral' ? { ttl: value.ttl === '1h' ? '1h' : '5m' } : undefined

const readerOf = (type: string): BlockReader =>
  (Object.hasOwn(blockReaders, type) ? blockReaders[type] : undefined) ??
  (type.endsWith('_tool_result') ? readServerResult : readOpaque)

const readText: BlockReader = (block, { path, found }): TextPart | undefined => {
  const text = readString(member(block, 'text', path, found)) ?? ''
  const citations = readCitations(block.citations)
  return { kind: 'text', text, ...(citations && { citations }) }
}

const readImageUrl: BlockReader = (block, place) => readForeignImage(block, place)

const seal = (kind: Seal['kind'], data: unknown): { seal: Seal } | undefined =>
  typeof data === 'string' && data !== '' ? { seal: { dialect, kind, data } } : undefined

const blockReaders: Readonly<Record<string, BlockReader>> = {
  text: readText,
  input_text: readText,
  output_text: readText,
  image: (block, place) => readMedia(block, 'image', withContent(place)),
  document: (block, place) => readMedia(block, 'document', withContent(place)),
  image_url: readImageUrl,
  input_image: readImageUrl,
  thinking: (block, { path, found }) => ({
    kind: 'thinking',
    text: readString(member(block, 'thinking', path, found)) ?? '',
    form: 'summary',
    ...seal('signature', block.signature),
  }),
  redacted_thinking: (block) => ({ kind: 'thinking', text: '', form: 'redacted', ...seal('redacted', block.data) }),
  tool_use: readToolCall,
  tool_result: readToolResult,
  tool_reference: (block, { path, found }) => ({
    kind: 'tool_reference',
    name: readString(member(block, 'tool_name', path, found)) ?? '',
  }),
  search_result: (block, place) => ({
    kind: 'search_result',
    source: readString(member(block, 'source', place.path, place.found)) ?? '',
    title: readString(member(block, 'title', place.path, place.found)) ?? '',
    parts: readContent(block.content, `${place.path}.content`, place),
    ...(isRecord(block.citations) && block.citations.enabled === true && { cite: true }),
  }),
  server_tool_use: readServerCall,
  mcp_tool_use: readServerCall,
  mcp_tool_result: readServerResult,
  compaction: (block) => ({
    kind: 'compaction',
    ...(typeof block.content === 'string' && { text: block.content }),
    ...seal('compaction', block.encrypted_content),
  }),
}

const withContent = (place: Place) => ({
  ...place,
  readContent: (content: unknown, path: string) => readContent(content, path, place),
})

function readToolCall(block: Block, { path, found, flavorOf, callNames }: Place): Part {
  const id = readString(member(block, 'id', path, found)) ?? ''
  const name = readString(member(block, 'name', path, found)) ?? ''
  callNames.set(id, name)
  return {
    kind: 'tool_call',
    id,
    name,
    tool: toolsetFlavor(block) ?? flavorOf(name),
    arguments: typeof block.input === 'string' ? block.input : JSON.stringify(block.input ?? {}),
    ...(isRecord(block.caller) && block.caller.type !== 'direct' && { caller: block.caller }),
  }
}

function readToolResult(block: Block, place: Place): Part {
  const { path, found, flavorOf, callNames } = place
  const id = readString(member(block, 'tool_use_id', path, found)) ?? ''
  const isError = readBoolean(member(block, 'is_error', path, found))
  return {
    kind: 'tool_result',
    id,
    tool: toolsetFlavor(block) ?? flavorOf(callNames.get(id) ?? ''),
    parts: readContent(block.content, `${path}.content`, place),
    ...(isError && { isError }),
  }
}

/** Members of a toolset (computer, browser) say which one they belong to. */
const toolsetFlavor = ({ toolset_name: name }: Block): ToolFlavor | undefined =>
  typeof name === 'string' ? { flavor: 'typed', type: name } : undefined

const readOpaque = (block: Block): OpaquePart => ({ kind: 'opaque', dialect, type: block.type, value: block })
