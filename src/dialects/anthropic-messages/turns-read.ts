import type { Part, ToolCallPart } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import { type Field, member, readList, readString } from './fields.ts'
import { type Reading, readContent } from './parts-read.ts'

type Message = Readonly<Record<string, unknown>>

/** The conversation. Also understands OpenAI's `developer` and `tool` roles and its `tool_calls`. */
export function readTurns(field: Field, reading: Reading): readonly Turn[] {
  const messages = readList(field)
  if (!messages) field.found.wrong(field.path, 'is required')
  return (messages ?? []).flatMap((message, at) => {
    const path = `${field.path}[${at}]`
    if (!isRecord(message)) return field.found.wrong(path, 'must be a message with role and content') ?? []
    return readTurn(message, path, reading) ?? []
  })
}

function readTurn(message: Message, path: string, reading: Reading): Turn | undefined {
  const role = readString(member(message, 'role', path, reading.found))
  const read = role !== undefined && Object.hasOwn(roles, role) ? roles[role] : undefined
  if (!read) return reading.found.wrong(`${path}.role`, 'must be user, assistant or system')
  if (message.content === undefined && message.tool_calls === undefined)
    return reading.found.wrong(`${path}.content`, 'is required')
  const turn = read(message, path, reading)
  const { role: _role, content: _content, tool_calls: _calls, tool_call_id: _id, name: _name, ...native } = message
  return { ...turn, ...(Object.keys(native).length > 0 && { native }) }
}

const partsOf = (message: Message, path: string, reading: Reading): readonly Part[] =>
  readContent(message.content, `${path}.content`, reading)

const roles: Readonly<Record<string, (message: Message, path: string, reading: Reading) => Turn>> = {
  user: (message, path, reading) => ({ role: 'user', parts: partsOf(message, path, reading) }),
  assistant: (message, path, reading) => ({
    role: 'assistant',
    parts: [...partsOf(message, path, reading), ...readForeignCalls(message, path, reading)],
  }),
  system: (message, path, reading) => ({ role: 'system', authority: 'system', parts: partsOf(message, path, reading) }),
  developer: (message, path, reading) => ({
    role: 'system',
    authority: 'developer',
    parts: partsOf(message, path, reading),
  }),
  tool: (message, path, reading) => ({ role: 'user', parts: [readForeignResult(message, path, reading)] }),
}

/** OpenAI's `tool_calls` beside the content. */
function readForeignCalls(message: Message, path: string, reading: Reading): readonly ToolCallPart[] {
  const calls = readList(member(message, 'tool_calls', path, reading.found)) ?? []
  return calls.flatMap((call): ToolCallPart[] => {
    if (!isRecord(call) || !isRecord(call.function)) return []
    const { name, arguments: text } = call.function
    if (typeof call.id !== 'string' || typeof name !== 'string') return []
    reading.callNames.set(call.id, name)
    const written = typeof text === 'string' ? text : JSON.stringify(text ?? {})
    return [{ kind: 'tool_call', id: call.id, name, tool: reading.flavorOf(name), arguments: written }]
  })
}

/** OpenAI's `role: "tool"` message. */
function readForeignResult(message: Message, path: string, reading: Reading): Part {
  const id = readString(member(message, 'tool_call_id', path, reading.found)) ?? ''
  const tool = reading.flavorOf(reading.callNames.get(id) ?? '')
  return { kind: 'tool_result', id, tool, parts: partsOf(message, path, reading) }
}
