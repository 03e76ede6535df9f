import { answerPrefill, pairCalls, systemTurnsAsUser } from '../../model/history.ts'
import type { Part, ToolResultPart } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { writeAssistant } from './assistant-write.ts'
import { contentOf, nameAhead, withMark, writeUserParts } from './parts-write.ts'
import type { ChatMessage, ChatPart } from './shapes.ts'
import { callId } from './tool-id.ts'
import type { Writing } from './writing.ts'

/** All messages: the instructions as one, then each turn as one or several. */
export function writeMessages(writing: Writing): ChatMessage[] {
  const turns = lawful(writing)
  const loopFrom = turns.findLastIndex((turn) => turn.role === 'user' && !turn.parts.some(isResult)) + 1
  const messages = turns.flatMap((turn, at) => writeTurn(turn, { writing, isInLoop: at >= loopFrom }))
  const system = writeSystem(writing)
  const all = system ? [system, ...messages] : messages
  return writing.quirks.bridgesAfterTools ? bridged(all) : all
}

/** The turns with calls and results paired, and nothing that this server's rules of order forbid. */
function lawful({ request, quirks, target, lose }: Writing): readonly Turn[] {
  const paired = pairCalls(request.turns)
  lose(paired.lost)
  const placed = quirks.systemAnywhere ? { turns: paired.turns, lost: [] } : systemTurnsAsUser(paired.turns)
  lose(placed.lost)
  if (target.capabilities.prefill || placed.turns.at(-1)?.native) return placed.turns
  const answered = answerPrefill(placed.turns)
  lose(answered.lost)
  return answered.turns
}

const isResult = (part: Part): part is ToolResultPart => part.kind === 'tool_result'

interface Around {
  readonly writing: Writing
  /** The turn belongs to the tool loop that is going on: thoughts of it may be wanted back. */
  readonly isInLoop: boolean
}

const writeTurn = (turn: Turn, around: Around): ChatMessage[] => writers[turn.role](turn, around)

const writers: Readonly<Record<Turn['role'], (turn: Turn, around: Around) => ChatMessage[]>> = {
  system: (turn, { writing }) => {
    const content = contentOf(writeUserParts(turn.parts, writing), writing)
    return content.length === 0 ? [] : [{ role: instructionRole(writing), content }]
  },
  user: (turn, { writing }) => writeUser(turn, writing),
  assistant: writeAssistant,
}

/** One kind of instructions in a request: some models refuse the mix. */
const instructionRole = ({ quirks, target }: Writing): 'developer' | 'system' =>
  quirks.systemRole === 'developer' && target.capabilities.thinks ? 'developer' : 'system'

/** A client's own accounting, which differs in every conversation and would spoil the prompt cache. */
const billingHeader = 'x-anthropic-billing-header:'

function writeSystem(writing: Writing): ChatMessage | undefined {
  const said = writing.request.system.filter((part) => !(part.kind === 'text' && part.text.startsWith(billingHeader)))
  const parts = writeUserParts(said, writing)
  for (const sentence of writing.instructions) parts.push({ type: 'text', text: sentence })
  if (parts.length === 0) return undefined
  const isPlain = parts.every((part) => !part.cache_control && !part.prompt_cache_breakpoint)
  const content = isPlain ? parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n\n') : parts
  return { role: instructionRole(writing), content }
}

/**
 * Results first, one message each and nothing between them. Media in results cannot stand in a tool message: they follow in a
 * user message behind the last one, before what the user says.
 */
function writeUser(turn: Turn, writing: Writing): ChatMessage[] {
  const hoisted: Part[] = []
  const results = turn.parts.filter(isResult).map((part) => writeResult(part, { writing, hoisted }))
  const others = turn.parts.filter((part) => !isResult(part))
  const said = writeUserParts([...hoisted, ...nameAhead(turn, writing), ...others], writing)
  if (said.length === 0) return results.length > 0 ? results : emptyUser(turn)
  const name = turn.name !== undefined && writing.quirks.namesOnMessages ? { name: turn.name } : {}
  return [...results, { role: 'user', content: contentOf(said, writing), ...name }]
}

const emptyUser = (turn: Turn): ChatMessage[] =>
  turn.parts.some((part) => part.kind === 'text') ? [{ role: 'user', content: '' }] : []

function writeResult(part: ToolResultPart, { writing, hoisted }: { writing: Writing; hoisted: Part[] }): ChatMessage {
  const texts: ChatPart[] = []
  for (const inner of part.parts) {
    if (inner.kind === 'media' && inner.source.kind !== 'text' && inner.source.kind !== 'parts') {
      hoisted.push({ kind: 'text', text: `The ${inner.media} of tool result ${part.id}:` }, inner)
      texts.push({ type: 'text', text: `[${inner.media}: see the next user message]` })
      writing.change('tool_result')
    } else texts.push(...writeUserParts([inner], writing))
  }
  const name = writing.quirks.namesOnResults && part.name !== undefined ? { name: part.name } : {}
  return {
    role: 'tool',
    tool_call_id: callId(part.id, writing),
    content: asError(part, contentOf(withMark(texts, part, writing), writing)),
    ...name,
  }
}

/** This format has no place for "it failed", so the text says it: the same words, whether it is a string or marked. */
function asError({ isError }: ToolResultPart, content: string | ChatPart[]): string | ChatPart[] {
  if (!isError) return content
  if (typeof content === 'string') return errorText(content)
  const [first, ...rest] = content
  return first?.type === 'text'
    ? [{ ...first, text: errorText(first.text) }, ...rest]
    : [{ type: 'text', text: 'Error:' }, ...content]
}

const errorText = (text: string): string => (text.startsWith('Error') ? text : `Error: ${text}`)

/** A short word between tool messages and the user's, for servers that want the assistant's turn there. */
function bridged(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.flatMap((message, at) =>
    message.role === 'user' && messages[at - 1]?.role === 'tool'
      ? [{ role: 'assistant', content: 'OK' }, message]
      : [message],
  )
}
