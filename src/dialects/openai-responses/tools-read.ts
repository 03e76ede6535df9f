import type {
  CustomTool,
  FunctionTool,
  JsonSchema,
  ServerToolOffer,
  Tool,
  ToolChoice,
  ToolName,
} from '../../model/request.ts'
import { satisfiesStrict } from '../../model/schema.ts'
import { isRecord } from '../../wire/json.ts'
import { filled, listOf, type Reading, recordOf, rest } from './reading.ts'

type ToolReader = (tool: Record<string, unknown>, param: string, reading: Reading) => Tool[]

/** The tools of a request, and those that additional items of its input bring along. */
export function readTools(body: Readonly<Record<string, unknown>>, reading: Reading): Tool[] {
  const offered = readList(body.tools, 'tools', reading)
  const names = new Set(offered.map(fullName))
  const brought = listOf(body.input).flatMap((item, at) =>
    bringsTools(item) ? readList(item.tools, `input[${at}].tools`, reading).map(found) : [],
  )
  return [...offered, ...brought.filter((tool) => !names.has(fullName(tool)) && names.add(fullName(tool)))]
}

/** What stands in the conversation itself waits for no search any more. */
function found(tool: Tool): Tool {
  if (!('deferred' in tool)) return tool
  const { deferred: _, ...shown } = tool
  return shown
}

const fullName = (tool: Tool): string =>
  tool.kind === 'opaque' ? `${tool.type} ${JSON.stringify(tool.value)}` : `${namespaceOf(tool) ?? ''} ${tool.name}`

const namespaceOf = (tool: Tool): string | undefined => ('namespace' in tool ? tool.namespace : undefined)

/** Items that make more tools known in the middle of a conversation. */
export const bringsTools = (item: unknown): item is Record<string, unknown> =>
  isRecord(item) && (item.type === 'additional_tools' || item.type === 'tool_search_output')

const readList = (value: unknown, param: string, reading: Reading): Tool[] =>
  (reading.list(value, param) ?? []).flatMap((tool, at) => readTool(tool, `${param}[${at}]`, reading))

function readTool(tool: unknown, param: string, reading: Reading): Tool[] {
  if (!isRecord(tool)) {
    reading.wrong(param, 'an object')
    return []
  }
  const type = reading.text(tool.type, `${param}.type`) ?? 'function'
  const read = Object.hasOwn(toolReaders, type) ? toolReaders[type] : undefined
  return read ? read(tool, param, reading) : [{ kind: 'opaque', dialect: 'openai-responses', type, value: tool }]
}

const toolReaders: Readonly<Record<string, ToolReader>> = {
  function: (tool, param, reading) => readNamed(tool, param, reading, readFunction),
  custom: (tool, param, reading) => readNamed(tool, param, reading, readCustom),
  namespace: readNamespace,
  web_search: readSearch,
  web_search_2025_08_26: readSearch,
  web_search_preview: readSearch,
  web_search_preview_2025_03_11: readSearch,
  code_interpreter: (tool) => [{ ...server(tool, 'code'), name: 'code_interpreter' }],
  mcp: (tool) => [{ ...server(tool, 'mcp'), name: filled(tool.server_label) ?? 'mcp' }],
  tool_search: (tool) =>
    tool.execution === 'client' ? readTyped(tool) : [{ ...server(tool, 'tool_search'), name: 'tool_search' }],
  shell: (tool) =>
    String(recordOf(tool.environment).type).startsWith('container')
      ? [{ ...server(tool, 'code'), name: 'shell' }]
      : readTyped(tool),
  local_shell: readTyped,
  apply_patch: readTyped,
}

/** Clients of Chat Completions wrap the tool once more. */
function readNamed(
  tool: Record<string, unknown>,
  param: string,
  reading: Reading,
  read: (flat: Record<string, unknown>, param: string, reading: Reading, name: string) => Tool,
): Tool[] {
  const wrapper = tool.type === 'custom' ? 'custom' : 'function'
  const nested = tool[wrapper]
  const flat = isRecord(nested) ? { ...tool, ...nested, [wrapper]: null, type: tool.type } : tool
  const name = reading.text(flat.name, `${param}.name`)
  if (!name) {
    reading.wrong(`${param}.name`, 'a name')
    return []
  }
  return [read(flat, param, reading, name)]
}

const functionFields = new Set(['type', 'name', 'description', 'parameters', 'strict', 'defer_loading', 'input_schema'])

function readFunction(tool: Record<string, unknown>, param: string, reading: Reading, name: string): FunctionTool {
  const schema: JsonSchema | undefined = reading.record(tool.parameters ?? tool.input_schema, `${param}.parameters`)
  const description = reading.text(tool.description, `${param}.description`)
  // Left out, it means true, as far as the schema allows it.
  const strict = reading.flag(tool.strict, `${param}.strict`) ?? (schema !== undefined && satisfiesStrict(schema))
  return {
    kind: 'function',
    name,
    ...(description !== undefined && { description }),
    ...(schema && { schema }),
    strict,
    ...marks(tool, functionFields),
  }
}

const customFields = new Set(['type', 'name', 'description', 'format', 'defer_loading'])

function readCustom(tool: Record<string, unknown>, param: string, reading: Reading, name: string): CustomTool {
  const description = reading.text(tool.description, `${param}.description`)
  const format = recordOf(tool.format)
  // Chat Completions wraps the grammar.
  const { syntax, definition } = isRecord(format.grammar) ? format.grammar : format
  return {
    kind: 'custom',
    name,
    ...(description !== undefined && { description }),
    ...(format.type === 'grammar' &&
      typeof definition === 'string' && {
        grammar: { syntax: syntax === 'regex' ? ('regex' as const) : ('lark' as const), definition },
      }),
    ...marks(tool, customFields),
  }
}

function marks(tool: Record<string, unknown>, known: ReadonlySet<string>) {
  const native = rest(tool, known)
  return {
    ...(tool.defer_loading === true && { deferred: true }),
    ...(Object.keys(native).length > 0 && { native }),
  }
}

/** The words for the whole namespace stay with its first tool. */
function readNamespace(tool: Record<string, unknown>, param: string, reading: Reading): Tool[] {
  const namespace = reading.text(tool.name, `${param}.name`)
  if (!namespace) {
    reading.wrong(`${param}.name`, 'a name')
    return []
  }
  const description = reading.text(tool.description, `${param}.description`)
  return readList(tool.tools, `${param}.tools`, reading).map((inner, at) => {
    if (inner.kind !== 'function' && inner.kind !== 'custom') return inner
    const described = at === 0 && description ? { native: { ...inner.native, namespace_description: description } } : {}
    return { ...inner, namespace, ...described }
  })
}

const server = (tool: Record<string, unknown>, kind: ServerToolOffer['tool']): Omit<ServerToolOffer, 'name'> => ({
  kind: 'server',
  tool: kind,
  dialect: 'openai-responses',
  type: String(tool.type),
  value: tool,
})

function readTyped(tool: Record<string, unknown>): Tool[] {
  const type = String(tool.type)
  return [{ kind: 'typed', dialect: 'openai-responses', type, name: type, value: tool }]
}

const places = ['city', 'country', 'region', 'timezone'] as const

function readSearch(tool: Record<string, unknown>, _param: string, reading: Reading): Tool[] {
  const filters = recordOf(tool.filters)
  const place = recordOf(tool.user_location)
  const location = Object.fromEntries(places.flatMap((field) => (filled(place[field]) ? [[field, place[field]]] : [])))
  const contextSize = reading.word(tool.search_context_size, ['low', 'medium', 'high'])
  const allowedDomains = words(filters.allowed_domains)
  const blockedDomains = words(filters.blocked_domains)
  return [
    {
      ...server(tool, 'web_search'),
      name: 'web_search',
      ...(allowedDomains.length > 0 && { allowedDomains }),
      ...(blockedDomains.length > 0 && { blockedDomains }),
      ...(Object.keys(location).length > 0 && { location }),
      ...(contextSize && { contextSize }),
    },
  ]
}

const words = (value: unknown): string[] => listOf(value).filter((word) => typeof word === 'string')

/** Every form of `tool_choice`, those of Chat Completions and of vendor-run tools among them. */
export function readToolChoice(value: unknown, reading: Reading): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined
  if (value === 'none' || value === 'auto' || value === 'required') return { mode: value }
  if (value === 'any') return { mode: 'required' }
  if (!isRecord(value)) return reading.wrong('tool_choice', "'none', 'auto', 'required' or an object")
  if (value.type === 'allowed_tools') {
    const allowed = isRecord(value.allowed_tools) ? value.allowed_tools : value
    const only = listOf(allowed.tools).filter(isRecord).flatMap(chosenTool)
    return { mode: allowed.mode === 'required' ? 'required' : 'auto', only }
  }
  const only = chosenTool(value)
  return only.length > 0 ? { mode: 'required', only } : reading.wrong('tool_choice', 'a tool that is offered')
}

/** Vendor-run and typed tools are chosen by type alone; versions of web search are all called the same here. */
function chosenTool(choice: Record<string, unknown>): ToolName[] {
  const type = filled(choice.type)
  const nested = type === undefined ? undefined : choice[type]
  const name =
    filled(choice.name) ??
    filled(recordOf(nested).name) ??
    filled(choice.server_label) ??
    (type?.startsWith('web_search') ? 'web_search' : type)
  const namespace = filled(choice.namespace)
  return name === undefined ? [] : [{ name, ...(namespace !== undefined && { namespace }) }]
}
