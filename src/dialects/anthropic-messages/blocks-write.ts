import type { MediaPart, Part, PartKind } from '../../model/part.ts'
import { toolInput } from '../../model/tools/arguments.ts'
import { writeCitation } from './citations.ts'
import { writeServerCall, writeServerResult } from './server-write.ts'
import type { Block } from './shapes.ts'

const dialect = 'anthropic-messages'

/**
 * A part of a reply as a content block for a client; undefined when the format has no place for it, or there is nothing to show.
 * Given a part as a stream opens it (texts and arguments empty), it is the skeleton of `content_block_start`.
 */
export const writeBlock = (part: Part): Block | undefined => blockWriters[part.kind](part as never)

type BlockWriters = { readonly [Kind in PartKind]: (part: Extract<Part, { kind: Kind }>) => Block | undefined }

const textBlock = (text: string): Block => ({ type: 'text', text, citations: null })

const blockWriters: BlockWriters = {
  text: ({ text, citations }) => {
    const written = (citations ?? []).flatMap((citation) => writeCitation(citation) ?? [])
    return { type: 'text', text, citations: written.length > 0 ? written : null }
  },
  refusal: ({ text }) => textBlock(text),
  thinking: ({ text, form, seal }) => {
    if (form !== 'redacted') return { type: 'thinking', thinking: text, signature: seal?.data ?? '' }
    return seal && { type: 'redacted_thinking', data: seal.data }
  },
  media: (part) => textBlock(mediaText(part)),
  tool_call: ({ id, name, tool, arguments: text, caller }) => ({
    type: 'tool_use',
    id,
    name,
    input: text === '' ? {} : tool.flavor === 'custom' ? { input: text } : toolInput(text),
    caller: caller ?? { type: 'direct' },
  }),
  server_call: writeServerCall,
  server_result: writeServerResult,
  compaction: ({ text, seal }) => ({
    type: 'compaction',
    content: text ?? null,
    encrypted_content: seal?.data ?? null,
  }),
  // An opaque value of this format was read from a block.
  opaque: ({ dialect: own, value }) => (own === dialect ? (value as Block) : undefined),
  search_result: () => undefined,
  tool_reference: () => undefined,
  tool_result: () => undefined,
}

/** Answers of this format hold no pictures or sounds: a picture becomes a link in Markdown, a spoken answer its words. */
export function mediaText({ media, source, mime, transcript }: MediaPart): string {
  if (transcript !== undefined) return transcript
  if (source.kind === 'text') return source.text
  if (source.kind === 'url') return media === 'image' ? `![image](${source.url})` : `[${media}](${source.url})`
  if (source.kind === 'base64' && media === 'image')
    return `![image](data:${mime ?? 'image/png'};base64,${source.data})`
  return `[${media}]`
}
