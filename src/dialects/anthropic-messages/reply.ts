import { splitAtCitations } from '../../model/citation.ts'
import { type Fault, fault, ok, type Result, refuse } from '../../model/fault.ts'
import type { Part, TextPart } from '../../model/part.ts'
import type { Reply } from '../../model/reply.ts'
import type { ChatRequest } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import { readBilled } from '../billed.ts'
import type { WriteContext } from '../dialect.ts'
import { writeBlock } from './blocks-write.ts'
import { readErrorBody } from './fault.ts'
import { Findings } from './findings.ts'
import { type Reading, readBlock } from './parts-read.ts'
import type { Block } from './shapes.ts'
import { readStop, writeStop } from './stop.ts'
import { readTier, readUsage, writeUsage } from './usage.ts'

/** How reply blocks are read: calls are functions until the relay gives them their flavor back. */
export const replyReading = (found: Findings): Reading => ({
  found,
  flavorOf: () => ({ flavor: 'function' }),
  callNames: new Map(),
})

/** An answer that is not this format's. */
export const garbled = (what: string): Fault => fault('bad_gateway', `the upstream's answer is not a message: ${what}`)

/** A `Message` as a reply; an error in a 200 is that error, anything else `bad_gateway`. */
export function readReply(body: unknown): Result<Reply> {
  if (!isRecord(body)) return refuse(garbled('no object'))
  if (body.type === 'error' || (isRecord(body.error) && !Array.isArray(body.content)))
    return refuse(readErrorBody(body))
  if (!Array.isArray(body.content)) return refuse(garbled('no content'))
  const found = new Findings()
  const reading = replyReading(found)
  const parts = body.content.flatMap((block, at) => readBlock(block, `content[${at}]`, reading) ?? [])
  if (found.fault) return refuse(garbled(found.fault.message))
  const tier = readTier(body.usage)
  const billed = readBilled(body.usage)
  return ok({
    ...(typeof body.id === 'string' && { id: body.id }),
    ...(typeof body.model === 'string' && { model: body.model }),
    parts,
    stop: readStop(
      body,
      parts.some((part) => part.kind === 'tool_call'),
    ),
    usage: readUsage(body.usage),
    ...(billed !== undefined && { billed }),
    ...(tier && { tier }),
  })
}

/** The whole answer. The model is the one that was asked for: clients compare. */
export function writeReply(reply: Reply, ask: ChatRequest, context: WriteContext): Record<string, unknown> {
  const content = reply.parts.flatMap((part) => writePart(part, ask))
  return {
    ...messageHead(reply.id, ask, context),
    content,
    ...writeStop(reply.stop, content.some(isCall)),
    container: null,
    usage: writeUsage(reply.usage, reply.tier),
  }
}

/** What a message begins with, in a stream too. */
export const messageHead = (id: string | undefined, ask: ChatRequest, context: WriteContext) => ({
  id: id?.startsWith('msg_') ? id : `msg_${context.newId()}`,
  type: 'message' as const,
  role: 'assistant' as const,
  model: ask.model,
})

export const isCall = (block: Block): boolean => block.type === 'tool_use'

/** Whether the client asked not to see thoughts; their seals are told all the same. */
export const hidesThinking = (ask: ChatRequest): boolean => ask.thinking.show === 'none'

function writePart(part: Part, ask: ChatRequest): readonly Block[] {
  if (part.kind === 'text') return splitText(part).flatMap((piece) => blocksOf(piece))
  if (part.kind === 'thinking' && hidesThinking(ask)) return blocksOf({ ...part, text: '' })
  return blocksOf(part)
}

/** No block for what says nothing: clients send it back, and vendors refuse it. */
function blocksOf(part: Part): readonly Block[] {
  const isEmpty = (part.kind === 'text' || part.kind === 'refusal') && part.text === ''
  const isVoid = part.kind === 'thinking' && part.text === '' && !part.seal
  const block = isEmpty || isVoid ? undefined : writeBlock(part)
  return block ? [block] : []
}

/** A citation stands on a block of its own text here; other formats give offsets into a longer one. */
function splitText(part: TextPart): readonly TextPart[] {
  if (!part.citations?.some((citation) => citation.kind === 'url' && citation.end !== undefined)) return [part]
  return splitAtCitations(part.text, part.citations).map(({ text, citations }) => ({
    kind: 'text',
    text,
    ...(citations.length > 0 && { citations }),
  }))
}
