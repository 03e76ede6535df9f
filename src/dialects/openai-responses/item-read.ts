import type { Part, Seal, ToolFlavor, ToolResultPart } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { flat } from '../../model/tools/name.ts'
import { isRecord } from '../../wire/json.ts'
import { readContent } from './content-read.ts'
import { filled, listOf, type Reading, recordOf } from './reading.ts'
import { serverItemReaders } from './server-item-read.ts'

/** What one item says, and who says it. */
export type ReadItem = Turn & { readonly isMessage?: boolean }

export type ItemReader = (item: Record<string, unknown>, param: string, reading: Reading) => ReadItem | undefined

/**
 * Reads any item: those of a history and those of an answer have the same shapes.
 * A type that only this format knows is kept whole, as an opaque part.
 */
export function readItem(item: unknown, param: string, reading: Reading): ReadItem | undefined {
  if (!isRecord(item)) return reading.wrong(param, 'an object')
  const type = reading.text(item.type, `${param}.type`) ?? (item.role === undefined ? 'item_reference' : 'message')
  const read = Object.hasOwn(itemReaders, type) ? itemReaders[type] : undefined
  return read ? read(item, param, reading) : opaqueItem({ ...item, type })
}

/** Items that the client says, although no message and no output of a known tool. */
const clientItems = new Set([
  'configuration_update',
  'compaction_trigger',
  'computer_call_output',
  'mcp_approval_response',
])

function opaqueItem(item: Record<string, unknown>): ReadItem {
  const type = String(item.type)
  return {
    role: clientItems.has(type) ? 'user' : 'assistant',
    parts: [{ kind: 'opaque', dialect: 'openai-responses', type, value: item }],
  }
}

/** A tool search that the client does itself is a call like others; one of the vendor's is the vendor's to read. */
const isClients = ({ execution }: Record<string, unknown>): boolean => execution === 'client'

const assistant = (...parts: Part[]): ReadItem => ({ role: 'assistant', parts })

const itemReaders: Readonly<Record<string, ItemReader>> = {
  message: readMessage,
  reasoning: readReasoning,
  function_call: (item, param, reading) =>
    readCall(item, param, reading, { flavor: 'function' }, reading.text(item.arguments, `${param}.arguments`)),
  custom_tool_call: (item, param, reading) =>
    readCall(item, param, reading, { flavor: 'custom' }, reading.text(item.input, `${param}.input`)),
  shell_call: readShell,
  local_shell_call: (item, param, reading) => readTyped(item, param, reading, 'local_shell', item.action),
  apply_patch_call: (item, param, reading) => readTyped(item, param, reading, 'apply_patch', item.operation),
  tool_search_call: (item, param, reading) =>
    isClients(item) ? readTyped(item, param, reading, 'tool_search', item.arguments) : opaqueItem(item),
  function_call_output: (item, param, reading) => readOutput(item, param, reading, { flavor: 'function' }),
  custom_tool_call_output: (item, param, reading) => readOutput(item, param, reading, { flavor: 'custom' }),
  shell_call_output: readShellOutput,
  local_shell_call_output: (item, param, reading) =>
    readOutput(item, param, reading, { flavor: 'typed', type: 'local_shell' }),
  apply_patch_call_output: (item, param, reading) =>
    readOutput(item, param, reading, { flavor: 'typed', type: 'apply_patch' }),
  tool_search_output: (item, param, reading) => (isClients(item) ? readFound(item, param, reading) : opaqueItem(item)),
  // Its tools are read with those of the request, and it says nothing else.
  additional_tools: () => undefined,
  compaction: (item) => assistant({ kind: 'compaction', ...seal(item, 'compaction') }),
  ...serverItemReaders,
}

const roles: Readonly<Record<string, Pick<ReadItem, 'role' | 'authority'>>> = {
  user: { role: 'user' },
  assistant: { role: 'assistant' },
  system: { role: 'system', authority: 'system' },
  developer: { role: 'system', authority: 'developer' },
}

function readMessage(item: Record<string, unknown>, param: string, reading: Reading): ReadItem | undefined {
  const role = reading.text(item.role, `${param}.role`) ?? 'user'
  if (role === 'tool' || role === 'function') return readChatOutput(item, param, reading)
  const speaker = Object.hasOwn(roles, role) ? roles[role] : undefined
  if (!speaker) return reading.wrong(`${param}.role`, "one of 'user', 'assistant', 'system' and 'developer'")
  const phase = filled(item.phase)
  const parts = [
    ...readContent(item.content, `${param}.content`, reading),
    ...listOf(item.tool_calls).filter(isRecord).flatMap(readChatCall),
  ]
  return { ...speaker, isMessage: true, parts, ...(phase !== undefined && { phase }) }
}

/** A tool's message of Chat Completions, for clients that send its messages here. */
const readChatOutput: ItemReader = (item, param, reading) =>
  readOutput({ ...item, call_id: item.tool_call_id, output: item.content }, param, reading, { flavor: 'function' })

const readChatCall = (call: Record<string, unknown>): Part[] => {
  const { name, arguments: text } = recordOf(call.function)
  const id = filled(call.id)
  return typeof name === 'string' && id !== undefined
    ? [{ kind: 'tool_call', id, name, tool: { flavor: 'function' }, arguments: filled(text) ?? '' }]
    : []
}

/** The text of a reasoning item: the chain of thought where there is one, else the digest, its sections by blank lines. */
export function reasoningText(item: Record<string, unknown>): { form: 'raw' | 'summary'; text: string } | undefined {
  const raw = textsOf(item.content)
  if (raw.length > 0) return { form: 'raw', text: raw.join('') }
  const summary = textsOf(item.summary)
  return summary.length > 0 ? { form: 'summary', text: summary.join('\n\n') } : undefined
}

const textsOf = (value: unknown): string[] =>
  listOf(value).flatMap((piece) => {
    const text = isRecord(piece) ? filled(piece.text) : filled(piece)
    return text === undefined ? [] : [text]
  })

function readReasoning(item: Record<string, unknown>): ReadItem | undefined {
  const said = reasoningText(item)
  const sealed = seal(item, 'encrypted')
  if (!said && !sealed.seal) return undefined
  return assistant({ kind: 'thinking', ...(said ?? { form: 'redacted', text: '' }), ...sealed })
}

/** The opaque state of a reasoning or compaction item, as a field of its part. */
export function seal(item: Record<string, unknown>, kind: 'encrypted' | 'compaction'): { seal?: Seal } {
  const data = filled(item.encrypted_content)
  const itemId = filled(item.id)
  if (data === undefined) return {}
  return { seal: { dialect: 'openai-responses', kind, data, ...(itemId !== undefined && { itemId }) } }
}

function readCall(
  item: Record<string, unknown>,
  param: string,
  reading: Reading,
  tool: ToolFlavor,
  text: string | undefined,
): ReadItem {
  const namespace = filled(item.namespace)
  const isIndirect = isRecord(item.caller) && item.caller.type !== 'direct'
  return assistant({
    kind: 'tool_call',
    id: callId(item, param, reading),
    name: reading.text(item.name, `${param}.name`) ?? '',
    ...(namespace !== undefined && { namespace }),
    tool,
    arguments: text ?? '',
    ...(isIndirect && { caller: item.caller }),
  })
}

const callId = (item: Record<string, unknown>, param: string, reading: Reading): string =>
  reading.text(item.call_id, `${param}.call_id`) ?? reading.text(item.id, `${param}.id`) ?? ''

const readTyped = (
  item: Record<string, unknown>,
  param: string,
  reading: Reading,
  type: string,
  asked: unknown,
): ReadItem =>
  readCall({ ...item, name: type }, param, reading, { flavor: 'typed', type }, JSON.stringify(recordOf(asked)))

/** A shell in the vendor's container is the vendor's to run. */
function readShell(item: Record<string, unknown>, param: string, reading: Reading): ReadItem {
  if (recordOf(item.environment).type !== 'container_reference')
    return readTyped(item, param, reading, 'shell', item.action)
  const id = callId(item, param, reading)
  reading.hosted.add(id)
  const code = listOf(recordOf(item.action).commands).filter((command) => typeof command === 'string')
  return assistant({
    kind: 'server_call',
    id,
    tool: 'code',
    name: 'shell_call',
    arguments: JSON.stringify({ code: code.join('\n'), language: 'bash' }),
    native: { dialect: 'openai-responses', value: item },
  })
}

/** The list of outputs stays JSON text: a model reads it well, and the way back finds every exit code in it. */
function readShellOutput(item: Record<string, unknown>, param: string, reading: Reading): ReadItem {
  const id = callId(item, param, reading)
  const output = typeof item.output === 'string' ? item.output : JSON.stringify(item.output ?? [])
  if (!reading.hosted.has(id))
    return toolResult({ id, tool: { flavor: 'typed', type: 'shell' }, parts: [{ kind: 'text', text: output }] })
  return assistant({
    kind: 'server_result',
    id,
    tool: 'code',
    name: 'shell_call_output',
    output,
    native: { dialect: 'openai-responses', value: item },
  })
}

/** The tools are declared to the model with those of the request; it is told which they are. */
function readFound(item: Record<string, unknown>, param: string, reading: Reading): ReadItem {
  const names = listOf(item.tools).filter(isRecord).flatMap(namesIn)
  const text = names.length === 0 ? 'No tool was found.' : `These tools can be called now: ${names.join(', ')}`
  const tool: ToolFlavor = { flavor: 'typed', type: 'tool_search' }
  return toolResult({ id: callId(item, param, reading), tool, parts: [{ kind: 'text', text }] })
}

function namesIn({ name, tools }: Record<string, unknown>): string[] {
  if (typeof name !== 'string') return []
  if (!Array.isArray(tools)) return [name]
  return tools.flatMap((tool) =>
    isRecord(tool) && typeof tool.name === 'string' ? [flat({ namespace: name, name: tool.name })] : [],
  )
}

function readOutput(item: Record<string, unknown>, param: string, reading: Reading, tool: ToolFlavor): ReadItem {
  const name = filled(item.name)
  return toolResult({
    id: callId(item, param, reading),
    ...(name !== undefined && { name }),
    tool,
    parts: readContent(item.output, `${param}.output`, reading),
    ...(item.status === 'failed' && { isError: true }),
  })
}

const toolResult = (result: Omit<ToolResultPart, 'kind'>): ReadItem => ({
  role: 'user',
  parts: [{ kind: 'tool_result', ...result }],
})
