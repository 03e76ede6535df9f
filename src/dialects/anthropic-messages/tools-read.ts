import type { ToolFlavor } from '../../model/part.ts'
import { type FunctionTool, flavorOf, type ServerToolOffer, type Tool, type ToolChoice } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import { type Field, member, readBoolean, readCount, readList, readRecord, readString, readStrings } from './fields.ts'
import type { Findings } from './findings.ts'
import { readCacheMark } from './parts-read.ts'

const dialect = 'anthropic-messages'
type Declaration = Readonly<Record<string, unknown>>

interface Place {
  readonly path: string
  readonly found: Findings
}

/** The declared tools. Items that are no objects are left out and named. */
export function readTools(field: Field): readonly Tool[] {
  return (readList(field) ?? []).flatMap((item, at) => {
    const path = `${field.path}[${at}]`
    if (isRecord(item)) return readTool(item, { path, found: field.found }) ?? []
    field.found.lose(path)
    return []
  })
}

/** One declaration, in this format's own shape or in OpenAI's. */
function readTool(tool: Declaration, place: Place): Tool | undefined {
  const type = readString(member(tool, 'type', place.path, place.found))
  if (type === 'function') return readForeignFunction(tool, place)
  if (type === undefined || type === 'custom') return readFunction(tool, place)
  const kind = kinds.find(({ pattern }) => pattern.test(type))
  return kind ? { ...kind.read(tool, type, place), ...readMarks(tool) } : { kind: 'opaque', dialect, type, value: tool }
}

const ownFields = [
  'name',
  'type',
  'description',
  'input_schema',
  'strict',
  'input_examples',
  'defer_loading',
  'cache_control',
]

function readFunction(tool: Declaration, { path, found }: Place): FunctionTool | undefined {
  const name = readString(member(tool, 'name', path, found))
  if (name === undefined) return found.wrong(`${path}.name`, 'is required')
  const description = readString(member(tool, 'description', path, found))
  const schema = readRecord(member(tool, 'input_schema', path, found))
  const native = Object.fromEntries(Object.entries(tool).filter(([field]) => !ownFields.includes(field)))
  return {
    kind: 'function',
    name,
    ...(description !== undefined && { description }),
    ...(schema && { schema }),
    strict: readBoolean(member(tool, 'strict', path, found)) ?? false,
    ...(Array.isArray(tool.input_examples) && { examples: tool.input_examples }),
    ...readMarks(tool),
    ...(Object.keys(native).length > 0 && { native }),
  }
}

/** `{type: "function", function: {…}}`, or the same flat. */
function readForeignFunction(tool: Declaration, { path, found }: Place): FunctionTool | undefined {
  const inner = isRecord(tool.function) ? tool.function : tool
  const { parameters, ...rest } = inner
  return readFunction(
    {
      input_schema: parameters,
      ...rest,
      type: 'custom',
      ...(tool.cache_control !== undefined && { cache_control: tool.cache_control }),
    },
    { path: inner === tool ? path : `${path}.function`, found },
  )
}

const readMarks = (tool: Declaration) => {
  const cache = readCacheMark(tool.cache_control)
  return { ...(cache && { cache }), ...(tool.defer_loading === true && { deferred: true }) }
}

interface Kind {
  readonly pattern: RegExp
  readonly read: (tool: Declaration, type: string, place: Place) => Exclude<Tool, { kind: 'opaque' }>
}

const server =
  (offered: ServerToolOffer['tool'], usualName?: string): Kind['read'] =>
  (tool, type, place) => ({
    kind: 'server',
    tool: offered,
    dialect,
    type,
    name: typeof tool.name === 'string' ? tool.name : (usualName ?? type.replace(/_\d{8}$/, '')),
    ...readLimits(tool, place),
    value: tool,
  })

/** Dated types: those that the client runs by a schema that the vendor knows, and those that the vendor runs. */
const kinds: readonly Kind[] = [
  { pattern: /^web_search_\d/, read: server('web_search') },
  { pattern: /^web_fetch_\d/, read: server('web_fetch') },
  { pattern: /^code_execution_\d/, read: server('code') },
  { pattern: /^tool_search_tool_/, read: server('tool_search') },
  { pattern: /^mcp_toolset$/, read: server('mcp') },
  {
    pattern: /^(bash|text_editor|memory|computer|computer_toolset|browser_toolset)_\d/,
    read: (tool, type) => ({
      kind: 'typed',
      dialect,
      type,
      name: typeof tool.name === 'string' ? tool.name : type.replace(/(_toolset)?_\d{8}$/, ''),
      value: tool,
    }),
  },
]

function readLimits(tool: Declaration, { path, found }: Place) {
  const maxUses = readCount(member(tool, 'max_uses', path, found))
  const allowedDomains = readStrings(member(tool, 'allowed_domains', path, found))
  const blockedDomains = readStrings(member(tool, 'blocked_domains', path, found))
  const location = readRecord(member(tool, 'user_location', path, found))
  return {
    ...(maxUses !== undefined && { maxUses }),
    ...(allowedDomains && { allowedDomains }),
    ...(blockedDomains && { blockedDomains }),
    ...(location && { location: readLocation(location) }),
  }
}

const readLocation = ({ city, country, region, timezone }: Declaration) => ({
  ...(typeof city === 'string' && { city }),
  ...(typeof country === 'string' && { country }),
  ...(typeof region === 'string' && { region }),
  ...(typeof timezone === 'string' && { timezone }),
})

/** The flavor by tool name. Undeclared tools are functions. */
export function flavors(tools: readonly Tool[]): (toolName: string) => ToolFlavor {
  const declared = new Map<string, ToolFlavor>()
  for (const tool of tools) if (tool.kind === 'typed') declared.set(tool.name, flavorOf(tool))
  return (name) => declared.get(name) ?? { flavor: 'function' }
}

export interface Choice {
  readonly toolChoice?: ToolChoice
  readonly parallel?: boolean
}

const modes: Readonly<Record<string, ToolChoice>> = {
  auto: { mode: 'auto' },
  none: { mode: 'none' },
  any: { mode: 'required' },
  required: { mode: 'required' },
}

/** `tool_choice` in this format's own shape, as a word, or in OpenAI's shapes; `{}` says nothing. */
export function readToolChoice({ value, path, found }: Field): Choice {
  if (typeof value === 'string') return readMode(value, path, found)
  const choice = readRecord({ value, path, found })
  if (!choice || Object.keys(choice).length === 0) return {}
  const single = choice.disable_parallel_tool_use === true ? { parallel: false } : {}
  if (choice.type === 'tool' || choice.type === 'function') return { ...readForced(choice, path, found), ...single }
  const type = readString(member(choice, 'type', path, found))
  return { ...(type !== undefined && readMode(type, `${path}.type`, found)), ...single }
}

function readMode(word: string, path: string, found: Findings): Choice {
  const toolChoice = Object.hasOwn(modes, word) ? modes[word] : undefined
  if (!toolChoice) found.wrong(path, 'must be auto, any, tool or none')
  return toolChoice ? { toolChoice } : {}
}

function readForced(choice: Declaration, path: string, found: Findings): Choice {
  const inner = isRecord(choice.function) ? choice.function : choice
  const name = readString(member(inner, 'name', path, found))
  if (name === undefined) found.wrong(`${path}.name`, 'is required')
  return name === undefined ? {} : { toolChoice: { mode: 'required', only: [{ name }] } }
}
