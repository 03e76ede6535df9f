import { isEnvelope } from '../../model/envelope.ts'
import type { Part, PartKind, ToolCallPart } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { wireId } from '../../model/tools/id.ts'
import { writeContent } from './content-write.ts'
import { message, says } from './message-write.ts'
import { goesWhole, ownItem, writeTrace } from './own-item-write.ts'
import type { Item } from './shapes.ts'
import { typedItem } from './typed-call.ts'
import type { Writing } from './writing.ts'

type AssistantWriters = {
  readonly [Kind in PartKind]?: (part: Extract<Part, { kind: Kind }>, writing: Writing) => Item[]
}

const assistantWriters: AssistantWriters = {
  thinking: (part, writing) => writeThought(part, writing),
  tool_call: (part, writing) => [writeCall(part, writing)],
  server_call: (part, writing) => writeTrace(part, writing),
  server_result: (part, writing) => writeTrace(part, writing),
  compaction: (part, writing) => ownItem(part, writing) ?? says(part.text ?? ''),
  media: (part, writing) => {
    const content = writeContent([{ kind: 'text', text: 'This was made by the assistant:' }, part], writing)
    writing.change('assistant media')
    return message('user', content, writing)
  },
}

export function writeAssistantTurn(turn: Turn, writing: Writing): Item[] {
  const items: Item[] = []
  let said: Part[] = []
  const flush = () => {
    items.push(...assistantMessage(said, turn, writing))
    said = []
  }
  const held = heldByCalls(turn.parts, writing)
  for (const part of turn.parts) {
    if (held.has(part)) continue
    if (part.kind === 'text' || part.kind === 'refusal') said.push(part)
    else {
      const own = writeSpoken(part, writing)
      if (own.length > 0) flush()
      items.push(...own)
    }
  }
  flush()
  return items
}

function writeSpoken<Kind extends PartKind>(part: Extract<Part, { kind: Kind }>, writing: Writing): Item[] {
  // The table maps each kind to a writer of just that kind; indexing a union of functions loses this.
  const write = assistantWriters[part.kind] as ((part: Part, writing: Writing) => Item[]) | undefined
  return write?.(part, writing) ?? ownItem(part, writing) ?? []
}

function assistantMessage(parts: readonly Part[], turn: Turn, writing: Writing): Item[] {
  const said = parts.filter((part) => (part.kind === 'text' || part.kind === 'refusal') && part.text !== '')
  if (said.length === 0) return []
  const phase = turn.phase !== undefined && writing.quirks.phases && { phase: turn.phase }
  const [only] = said
  if (said.length === 1 && only?.kind === 'text')
    return [{ type: 'message', role: 'assistant', content: only.text, ...phase }]
  const content = said.map((part) =>
    part.kind === 'refusal'
      ? { type: 'refusal', refusal: part.text }
      : { type: 'output_text', text: part.kind === 'text' ? part.text : '' },
  )
  return [{ type: 'message', role: 'assistant', content, ...phase }]
}

/** Only its maker's own state goes back; without it a thought is left out, or said in words where the server wants them. */
function writeThought(part: Extract<Part, { kind: 'thinking' }>, { quirks }: Writing): Item[] {
  const { seal } = part
  const isOwn = seal?.dialect === 'openai-responses' && seal.kind === 'encrypted' && !isEnvelope(seal.data)
  const raw = quirks.replaysReasoningText && part.text !== '' ? [{ type: 'reasoning_text', text: part.text }] : []
  if (isOwn) {
    const summary = part.form === 'summary' && part.text !== '' ? [{ type: 'summary_text', text: part.text }] : []
    return [{ type: 'reasoning', summary, encrypted_content: seal.data }]
  }
  return raw.length > 0 ? [{ type: 'reasoning', summary: [], content: raw }] : []
}

function writeCall(part: ToolCallPart, writing: Writing): Item {
  const { quirks, names } = writing
  const callId = wireId(part.id)
  if (part.tool.flavor === 'typed' && quirks.typedTools.includes(part.tool.type)) {
    const typed = typedItem(part.tool.type, callId, part.arguments)
    if (typed) return { ...typed.fields, status: 'completed' }
  }
  const name =
    part.namespace !== undefined && quirks.namespaces
      ? { name: part.name, namespace: part.namespace }
      : { name: names.wire(part) }
  const caller = part.caller !== undefined && quirks.opaqueItems && { caller: part.caller }
  if (part.tool.flavor === 'custom' && quirks.customTools)
    return { type: 'custom_tool_call', call_id: callId, ...name, input: part.arguments, ...caller }
  return { type: 'function_call', call_id: callId, ...name, arguments: argumentsOf(part), ...caller }
}

const argumentsOf = (part: ToolCallPart): string => {
  if (part.tool.flavor === 'custom') return JSON.stringify({ input: part.arguments })
  return part.arguments === '' ? '{}' : part.arguments
}

/** Results and pictures that the item of their call, which goes back whole, holds already. */
function heldByCalls(parts: readonly Part[], writing: Writing): ReadonlySet<Part> {
  const whole = parts.filter((part) => part.kind === 'server_call' && goesWhole(part, writing))
  const ids = new Set(whole.map((part) => (part.kind === 'server_call' ? part.id : '')))
  return new Set(
    parts.filter((part, at) => {
      if (part.kind === 'server_result') return ids.has(part.id) && !part.native
      const before = parts[at - 1]
      return part.kind === 'media' && before?.kind === 'server_call' && before.tool === 'image' && ids.has(before.id)
    }),
  )
}
