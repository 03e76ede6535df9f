import type { Part, ThinkingPart, ToolCallPart, ToolFlavor, ToolResultPart } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import { thoughtSeal } from './calls-read.ts'
import { readContent, thoughtBlock } from './parts-read.ts'
import { lookUp, type Reading, recordOf, records, word } from './reading.ts'
import { type Detail, readDetails } from './reasoning-details.ts'

/** A conversation: the leading instructions, then the turns. */
export interface Conversation {
  readonly system: readonly Part[]
  readonly turns: readonly Turn[]
}

/** Reads `messages`. Leading instructions are hoisted; tool messages that follow one another are one turn of results. */
export function readMessages(value: unknown, to: Reading): Conversation {
  const messages = to.list(value, 'messages')
  if (!messages || messages.length === 0) {
    to.refuse('messages', 'expected an array with at least one message.')
    return { system: [], turns: [] }
  }
  const thread: Thread = { system: [], turns: [], flavors: new Map(), pending: [] }
  for (const [at, message] of messages.entries()) {
    const path = `messages[${at}]`
    const read = to.record(message, path)
    if (read) readMessage(read, { path, at, to, thread })
    else to.refuse(path, 'expected an object.')
  }
  return thread
}

interface Thread {
  readonly system: Part[]
  readonly turns: Turn[]
  /** What kind of tool each call was for, by its id. */
  readonly flavors: Map<string, ToolFlavor>
  /** Calls of the legacy `function_call` kind that wait for their result, which knows no id. */
  readonly pending: { readonly id: string; readonly name: string }[]
}

interface Place {
  readonly path: string
  readonly at: number
  readonly to: Reading
  readonly thread: Thread
}

type Message = Record<string, unknown>

function readMessage(message: Message, place: Place): void {
  const role = place.to.text(message.role, `${place.path}.role`)
  const read = role === undefined ? undefined : lookUp(roles, role)
  if (read) read(message, place)
  else place.to.refuse(`${place.path}.role`, `expected one of ${Object.keys(roles).join(', ')}.`)
}

const roles: Readonly<Record<string, (message: Message, place: Place) => void>> = {
  system: readInstructions('system'),
  developer: readInstructions('developer'),
  user: readUser,
  assistant: readAssistant,
  tool: readResult,
  function: readResult,
}

const contentOf = (message: Message, { path, to }: Place): Part[] =>
  readContent(message.content, { path: `${path}.content`, to })

function readInstructions(authority: 'system' | 'developer') {
  return (message: Message, place: Place): void => {
    const { system, turns } = place.thread
    const parts = contentOf(message, place)
    if (turns.length === 0) system.push(...parts)
    else turns.push({ role: 'system', authority, ...namedBy(message, place), parts })
  }
}

function readUser(message: Message, place: Place): void {
  place.thread.turns.push({ role: 'user', ...namedBy(message, place), parts: contentOf(message, place) })
}

const namedBy = (message: Message, { path, to }: Place): { name?: string } => {
  const name = to.text(message.name, `${path}.name`)
  return name ? { name } : {}
}

/** Order as it was said: thoughts, words, calls. */
function readAssistant(message: Message, place: Place): void {
  const content = contentOf(message, place)
  const refusal = place.to.text(message.refusal, `${place.path}.refusal`)
  const spoken = word(recordOf(message.audio).id)
  const calls = [...readCalls(message, place), ...readLegacyCall(message, place)]
  const signed = signContent(content, message, calls)
  const native = nativeOf(message)
  for (const call of calls) place.thread.flavors.set(call.id, call.tool)
  place.thread.turns.push({
    role: 'assistant',
    ...namedBy(message, place),
    parts: [
      ...readThoughts(message),
      ...signed,
      ...(refusal ? [{ kind: 'refusal', text: refusal } as const] : []),
      ...(spoken === undefined ? [] : [spokenPart(spoken)]),
      ...calls,
    ],
    ...(native && { native }),
  })
}

/** Fields of an assistant message that some servers know (`prefix`: go on with this text). */
function nativeOf({ prefix, partial }: Message): Record<string, unknown> | undefined {
  const native = { ...(prefix === true && { prefix }), ...(partial === true && { partial }) }
  return Object.keys(native).length > 0 ? native : undefined
}

const spokenPart = (audioId: string): Part => ({
  kind: 'media',
  media: 'audio',
  source: { kind: 'file', id: audioId, dialect: 'openai-chat' },
  audioId,
})

/** A thought signature on the message belongs to its last text, unless there are calls: those carry their own. */
function signContent(content: readonly Part[], message: Message, calls: readonly Part[]): readonly Part[] {
  const signature = word(recordOf(recordOf(message.extra_content).google).thought_signature)
  const last = content.at(-1)
  if (signature === undefined || calls.length > 0 || last?.kind !== 'text') return content
  return [...content.slice(0, -1), { ...last, seal: thoughtSeal(signature) }]
}

/** Thoughts in all the places where clients keep them; the first that holds any is believed. */
function readThoughts(message: Message): readonly ThinkingPart[] {
  const blocks = records(message.thinking_blocks).map(thoughtBlock)
  if (blocks.length > 0) return blocks
  const text = word(message.reasoning_content) ?? word(message.reasoning) ?? ''
  const details = readDetails(message.reasoning_details)
  return details.some((detail) => detail.text !== '') ? details.map(ownThought) : sharedThoughts(details, text)
}

const ownThought = ({ text, form, seal }: Detail): ThinkingPart => ({
  kind: 'thinking',
  text,
  form: text === '' ? 'redacted' : form,
  ...(seal && { seal }),
})

/** Our own entries say how much of the message's thinking text is theirs. What is nobody's is a thought without state. */
function sharedThoughts(details: readonly Detail[], text: string): readonly ThinkingPart[] {
  const lengths = details.map((detail) => detail.textLength ?? 0)
  const isWhole = lengths.reduce((sum, length) => sum + length, 0) <= text.length
  let from = 0
  const parts = details.map((detail, at) => {
    const length = isWhole ? (lengths[at] ?? 0) : 0
    from += length
    return ownThought({ ...detail, text: text.slice(from - length, from), form: 'raw' })
  })
  const rest = text.slice(from)
  return rest === '' ? parts : [...parts, { kind: 'thinking', text: rest, form: 'raw' }]
}

function readCalls(message: Message, { path, to }: Place): ToolCallPart[] {
  const calls = to.list(message.tool_calls, `${path}.tool_calls`) ?? []
  return calls.flatMap((value, at) => {
    const call = to.record(value, `${path}.tool_calls[${at}]`)
    return call ? readCall(call, `${path}.tool_calls[${at}]`, to) : []
  })
}

function readCall(call: Record<string, unknown>, path: string, to: Reading): ToolCallPart[] {
  const isCustom = call.type === 'custom' || isRecord(call.custom)
  const field = isCustom ? 'custom' : 'function'
  const body = recordOf(call[field] ?? call)
  const name = to.text(body.name, `${path}.${field}.name`)
  if (name === undefined) {
    to.refuse(`${path}.${field}.name`, 'expected a string.')
    return []
  }
  const said = isCustom ? body.input : body.arguments
  const signature = word(recordOf(recordOf(call.extra_content).google).thought_signature)
  return [
    {
      kind: 'tool_call',
      id: word(call.id) ?? '',
      name,
      tool: { flavor: isCustom ? 'custom' : 'function' },
      // Some clients send the arguments as the object itself.
      arguments: typeof said === 'string' ? said : said === undefined || said === null ? '' : JSON.stringify(said),
      ...(signature !== undefined && { seal: thoughtSeal(signature) }),
    },
  ]
}

/** The deprecated `function_call`: it has no id, so its place in the conversation makes one. */
function readLegacyCall(message: Message, { path, at, to, thread }: Place): ToolCallPart[] {
  const call = to.record(message.function_call, `${path}.function_call`)
  if (!call) return []
  const read = readCall({ id: `call_${at}`, function: call }, `${path}.function_call`, to)
  thread.pending.push(...read.map(({ id, name }) => ({ id, name })))
  return read
}

function readResult(message: Message, place: Place): void {
  const { thread, path, to } = place
  const name = to.text(message.name, `${path}.name`)
  const id = to.text(message.tool_call_id, `${path}.tool_call_id`) ?? legacyId(thread, name)
  const result: ToolResultPart = {
    kind: 'tool_result',
    id,
    ...(name && { name }),
    tool: thread.flavors.get(id) ?? { flavor: 'function' },
    parts: contentOf(message, place),
  }
  const before = thread.turns.at(-1)
  const isStep = before?.role === 'user' && before.parts.length > 0 && before.parts.every(isResult)
  if (isStep) thread.turns[thread.turns.length - 1] = { ...before, parts: [...before.parts, result] }
  else thread.turns.push({ role: 'user', parts: [result] })
}

const isResult = (part: Part): boolean => part.kind === 'tool_result'

function legacyId({ pending }: Thread, name: string | undefined): string {
  const at = pending.findLastIndex((call) => name === undefined || call.name === name)
  return at === -1 ? (name ?? '') : (pending.splice(at, 1)[0]?.id ?? '')
}
