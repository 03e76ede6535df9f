import type { Part, TextPart, ThinkingPart, ToolCallPart } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { nameAhead } from './parts-write.ts'
import { detailsOf } from './reasoning-details.ts'
import type { AssistantMessage, ChatMessage, ChatPart, ToolCall } from './shapes.ts'
import { callId } from './tool-id.ts'
import type { Writing } from './writing.ts'

interface Around {
  readonly writing: Writing
  readonly isInLoop: boolean
}

/** One assistant message: thoughts where the server wants them back, then text, then calls, whatever order they were said in. */
export function writeAssistant(turn: Turn, { writing, isInLoop }: Around): ChatMessage[] {
  const { quirks } = writing
  const calls = turn.parts.filter((part) => part.kind === 'tool_call').map((part) => writeCall(part, writing))
  const refusal = turn.parts.flatMap((part) => (part.kind === 'refusal' ? [part.text] : [])).join('')
  const spoken = turn.parts.flatMap((part) => (part.kind === 'media' && part.audioId ? [part.audioId] : []))[0]
  const thoughts = writeThoughts(turn.parts, { writing, isInLoop, hasCalls: calls.length > 0 })
  const texts = [...nameAhead(turn, writing), ...turn.parts].flatMap((part) => writeText(part, writing))
  const content = joined([...thoughts.content, ...texts], writing)
  const isEmpty = content === undefined
  if (isEmpty && calls.length === 0 && refusal === '' && spoken === undefined && !thoughts.hasFields) return []
  const named = turn.name !== undefined && quirks.namesOnMessages
  const message: AssistantMessage = {
    role: 'assistant',
    ...(isEmpty ? emptyContent(quirks.emptyContent, calls.length > 0) : { content }),
    ...thoughts.fields,
    ...(named && { name: turn.name }),
    ...(refusal !== '' && { refusal }),
    ...(spoken !== undefined && { audio: { id: spoken } }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...turn.native,
  }
  return [message]
}

function emptyContent(form: 'null' | 'string' | 'absent', hasCalls: boolean): Pick<AssistantMessage, 'content'> {
  if (form === 'absent' && hasCalls) return {}
  return { content: form === 'string' || !hasCalls ? '' : null }
}

function writeCall(part: ToolCallPart, writing: Writing): ToolCall {
  const name = writing.names.wire(part)
  const id = callId(part.id, writing)
  const own =
    part.seal?.dialect === 'openai-chat' ? { extra_content: { google: { thought_signature: part.seal.data } } } : {}
  if (part.tool.flavor === 'custom' && writing.quirks.customTools)
    return { id, type: 'custom', custom: { name, input: part.arguments }, ...own }
  const text = part.tool.flavor === 'custom' ? JSON.stringify({ input: part.arguments }) : part.arguments
  return { id, type: 'function', function: { name, arguments: text === '' ? '{}' : text }, ...own }
}

/** What of an assistant's part is text. Traces of tools that a vendor ran have no form here. */
function writeText(part: Part, { change, drop }: Writing): TextPart[] {
  switch (part.kind) {
    case 'text':
      return [part]
    case 'compaction':
      if (part.text !== undefined) return [{ kind: 'text', text: part.text }]
      drop('compaction')
      return []
    case 'server_result':
      // What a program printed is part of what was said; what a search found is in the text that cites it.
      if (part.output === undefined) return []
      change(part.name)
      return [{ kind: 'text', text: part.output }]
    case 'media':
      if (part.audioId !== undefined)
        return part.transcript === undefined ? [] : [{ kind: 'text', text: part.transcript }]
      drop(part.media)
      return []
    case 'opaque':
      drop(part.type)
      return []
    default:
      return []
  }
}

/** Neighbouring texts of one passage (split at its citations) belong together; others are parts, or paragraphs. */
function joined(texts: readonly (TextPart | ChatPart)[], { quirks }: Writing): string | ChatPart[] | undefined {
  const parts: ChatPart[] = []
  let goesOn = false
  for (const text of texts) {
    if ('type' in text) parts.push(text)
    else {
      const last = parts.at(-1)
      if (goesOn && last?.type === 'text') last.text += text.text
      else parts.push({ type: 'text', text: text.text })
      goesOn = text.citations !== undefined
    }
  }
  const [only] = parts
  if (!only) return undefined
  if (parts.length === 1 && only.type === 'text') return only.text
  const plain = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
  return quirks.contentAsString && plain.length === parts.length ? plain.filter(Boolean).join('\n\n') : parts
}

interface Thoughts {
  readonly fields: Partial<AssistantMessage>
  readonly content: readonly (ChatPart | TextPart)[]
  readonly hasFields: boolean
}

const nothing: Thoughts = { fields: {}, content: [], hasFields: false }

/**
 * Thoughts in the place where this server wants them back. Within a tool loop the field is there even if empty: servers
 * that want it refuse a call without it.
 */
function writeThoughts(
  parts: readonly Part[],
  { writing, isInLoop, hasCalls }: Around & { hasCalls: boolean },
): Thoughts {
  const { quirks, request } = writing
  const thoughts = parts.filter((part) => part.kind === 'thinking')
  const details = quirks.reasoningDetails ? thoughts.flatMap(detailsOf) : []
  const withDetails = details.length > 0 ? { reasoning_details: details } : {}
  const wants = quirks.sendsReasoningBack === 'always' || (quirks.sendsReasoningBack === 'tool_loop' && isInLoop)
  if (!wants) return details.length > 0 ? { ...nothing, fields: withDetails, hasFields: true } : nothing
  const text = thoughts.map((part: ThinkingPart) => part.text).join('')
  const isDemanded = hasCalls && isInLoop && request.thinking.mode !== 'off'
  if (text === '' && !isDemanded) return { ...nothing, fields: withDetails, hasFields: details.length > 0 }
  return places[quirks.reasoningField](text, withDetails)
}

const places: Readonly<
  Record<Writing['quirks']['reasoningField'], (text: string, details: Partial<AssistantMessage>) => Thoughts>
> = {
  reasoning_content: (text, details) => ({
    fields: { reasoning_content: text, ...details },
    content: [],
    hasFields: text !== '',
  }),
  reasoning: (text, details) => ({ fields: { reasoning: text, ...details }, content: [], hasFields: text !== '' }),
  think_tags: (text, fields) =>
    text === ''
      ? nothing
      : // The marker makes the words that follow go on in the same text.
        {
          fields,
          content: [{ kind: 'text', text: `<think>\n${text}\n</think>\n\n`, citations: [] }],
          hasFields: false,
        },
  thinking_parts: (text, fields) =>
    text === ''
      ? nothing
      : { fields, content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }], hasFields: false },
}
