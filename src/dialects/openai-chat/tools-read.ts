import type {
  CustomTool,
  FunctionTool,
  JsonSchema,
  OpaqueTool,
  ServerToolOffer,
  Tool,
  ToolChoice,
  ToolName,
  TypedTool,
} from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import { cacheOf } from './parts-read.ts'
import { lookUp, oneOf, type Reading, recordOf, records, word } from './reading.ts'

type Declaration = Record<string, unknown>

/** Reads `tools` and the deprecated `functions`, each tool in whatever format it is declared. */
export function readTools(body: Readonly<Record<string, unknown>>, to: Reading): Tool[] {
  const tools = to.list(body.tools, 'tools') ?? []
  const functions = to.list(body.functions, 'functions') ?? []
  return [
    ...tools.flatMap((tool, at) => readTool(to.record(tool, `tools[${at}]`), `tools[${at}]`, to)),
    ...functions.flatMap((tool, at) => {
      const path = `functions[${at}]`
      const declared = to.record(tool, path)
      return declared ? readFunction(declared, path, to) : []
    }),
    ...readSearchOptions(body.web_search_options, to),
  ]
}

function readTool(tool: Declaration | undefined, path: string, to: Reading): Tool[] {
  if (!tool) return []
  const type = to.text(tool.type, `${path}.type`) ?? 'function'
  if (isRecord(tool.custom) || type === 'custom') return readCustom(tool, path, to)
  if (isRecord(tool.function)) return readFunction(tool.function, `${path}.function`, to, tool)
  if (type === 'function' || (tool.input_schema !== undefined && typeof tool.name === 'string'))
    return readFunction(tool, path, to)
  return [readForeign(tool, type)]
}

/** A function: nested under `function`, flat as the Responses API has it, or with Anthropic's `input_schema`. */
function readFunction(declared: Declaration, path: string, to: Reading, outer: Declaration = declared): FunctionTool[] {
  const name = to.text(declared.name, `${path}.name`)
  if (!name) {
    to.refuse(`${path}.name`, 'expected a name.')
    return []
  }
  const description = to.text(declared.description, `${path}.description`)
  const schema = readSchema(declared, path, to)
  const strict = to.flag(declared.strict ?? outer.strict, `${path}.strict`)
  const cache = cacheOf(outer) ?? cacheOf(declared)
  const examples = Array.isArray(declared.input_examples) ? declared.input_examples : undefined
  return [
    {
      kind: 'function',
      name,
      ...(description !== undefined && { description }),
      ...(schema && { schema }),
      ...(strict !== undefined && { strict }),
      ...(examples && { examples }),
      ...(cache && { cache }),
      ...(outer.defer_loading === true && { deferred: true }),
      ...nativeOf(outer),
    },
  ]
}

const known = new Set(
  'type function name description parameters input_schema strict cache_control input_examples defer_loading custom'.split(
    ' ',
  ),
)

/** Fields that some server of this format has for tools (`eager_input_streaming`). */
function nativeOf(tool: Declaration): Pick<FunctionTool, 'native'> {
  const fields = Object.entries(tool).filter(([field, value]) => !known.has(field) && value !== null)
  return fields.length > 0 ? { native: Object.fromEntries(fields) } : {}
}

const readSchema = (declared: Declaration, path: string, to: Reading): JsonSchema | undefined => {
  const field = declared.parameters === undefined && declared.input_schema !== undefined ? 'input_schema' : 'parameters'
  return to.record(declared[field], `${path}.${field}`)
}

function readCustom(tool: Declaration, path: string, to: Reading): CustomTool[] {
  const declared = isRecord(tool.custom) ? tool.custom : tool
  const name = to.text(declared.name, `${path}.custom.name`)
  if (!name) {
    to.refuse(`${path}.custom.name`, 'expected a name.')
    return []
  }
  const description = to.text(declared.description, `${path}.custom.description`)
  const format = recordOf(declared.format)
  const rule = isRecord(format.grammar) ? format.grammar : format
  const syntax = oneOf(rule.syntax, ['lark', 'regex'])
  const definition = word(rule.definition)
  return [
    {
      kind: 'custom',
      name,
      ...(description !== undefined && { description }),
      ...(syntax && definition !== undefined && { grammar: { syntax, definition } }),
    },
  ]
}

/** Tools with a schema that their vendor knows, by the beginning of their type. */
const typed: readonly (readonly [RegExp, TypedTool['dialect']])[] = [
  [/^(bash|text_editor|memory)_\d{8}$/, 'anthropic-messages'],
  [/^(shell|local_shell|apply_patch)$/, 'openai-responses'],
]

/** Tools that their vendor runs. */
const served: readonly (readonly [RegExp, ServerToolOffer['tool'], ServerToolOffer['dialect']])[] = [
  [/^web_search_\d{8}$/, 'web_search', 'anthropic-messages'],
  [/^web_fetch_\d{8}$/, 'web_fetch', 'anthropic-messages'],
  [/^code_execution_\d{8}$/, 'code', 'anthropic-messages'],
  [/^tool_search_tool_/, 'tool_search', 'anthropic-messages'],
  [/^web_search(_preview)?(_\d{4}_\d\d_\d\d)?$/, 'web_search', 'openai-responses'],
  [/^code_interpreter$/, 'code', 'openai-responses'],
  [/^mcp$/, 'mcp', 'openai-responses'],
]

function readForeign(tool: Declaration, type: string): TypedTool | ServerToolOffer | OpaqueTool {
  const name = word(tool.name) ?? type
  const known = typed.find(([pattern]) => pattern.test(type))
  if (known) return { kind: 'typed', dialect: known[1], type, name, value: tool }
  const offer = served.find(([pattern]) => pattern.test(type))
  if (offer) return { kind: 'server', tool: offer[1], dialect: offer[2], type, name, ...searchTerms(tool), value: tool }
  return { kind: 'opaque', dialect: 'openai-chat', type, value: tool }
}

/** @see https://platform.openai.com/docs/guides/tools-web-search?api-mode=chat */
function readSearchOptions(value: unknown, to: Reading): ServerToolOffer[] {
  const options = to.record(value, 'web_search_options')
  if (!options) return []
  const type = 'web_search_options'
  const offer = { kind: 'server', tool: 'web_search', dialect: 'openai-chat', type, name: 'web_search' } as const
  return [{ ...offer, ...searchTerms(options), value: options }]
}

type Terms = Pick<ServerToolOffer, 'maxUses' | 'allowedDomains' | 'blockedDomains' | 'location' | 'contextSize'>

/** What a search is bound to, in all spellings. */
function searchTerms(options: Declaration): Terms {
  const place = recordOf(recordOf(options.user_location).approximate ?? options.user_location)
  const location = Object.fromEntries(
    (['city', 'country', 'region', 'timezone'] as const).flatMap((field) =>
      word(place[field]) ? [[field, place[field]]] : [],
    ),
  )
  const allowed = strings(options.allowed_domains ?? recordOf(options.filters).allowed_domains)
  const blocked = strings(options.blocked_domains)
  const contextSize = oneOf(options.search_context_size, ['low', 'medium', 'high'])
  return {
    ...(typeof options.max_uses === 'number' && { maxUses: options.max_uses }),
    ...(allowed.length > 0 && { allowedDomains: allowed }),
    ...(blocked.length > 0 && { blockedDomains: blocked }),
    ...(Object.keys(location).length > 0 && { location }),
    ...(contextSize && { contextSize }),
  }
}

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []

/** What the client wants called, and whether several at once. */
export interface Choosing {
  readonly toolChoice?: ToolChoice
  readonly parallel?: boolean
}

/** Reads `tool_choice` (this format's, the Responses API's, Anthropic's), `function_call` and `parallel_tool_calls`. */
export function readChoice(body: Readonly<Record<string, unknown>>, to: Reading): Choosing {
  const value = body.tool_choice ?? body.function_call ?? undefined
  const toolChoice = choiceOf(value, body.tool_choice == null ? 'function_call' : 'tool_choice', to)
  const said = to.flag(body.parallel_tool_calls, 'parallel_tool_calls')
  const parallel = said ?? (isRecord(value) && value.disable_parallel_tool_use === true ? false : undefined)
  return { ...(toolChoice && { toolChoice }), ...(parallel !== undefined && { parallel }) }
}

const modes: Readonly<Record<string, ToolChoice['mode']>> = {
  none: 'none',
  auto: 'auto',
  required: 'required',
  any: 'required',
}

function choiceOf(value: unknown, path: string, to: Reading): ToolChoice | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string') {
    const mode = lookUp(modes, value)
    if (!mode) to.refuse(path, 'expected none, auto, required or a tool.')
    return mode && { mode }
  }
  const choice = to.record(value, path)
  if (!choice) return undefined
  const allowed = choice.type === 'allowed_tools' ? recordOf(choice.allowed_tools ?? choice) : undefined
  if (allowed)
    return { mode: allowed.mode === 'required' ? 'required' : 'auto', only: records(allowed.tools).flatMap(named) }
  const only = named(choice)
  if (only.length > 0) return { mode: 'required', only }
  const mode = lookUp(modes, word(choice.type) ?? '')
  if (!mode) to.refuse(path, 'expected none, auto, required or a tool.')
  return mode && { mode }
}

/** The tool that a choice names, nested or flat. A vendor's own tool is named by its type. */
function named(choice: Record<string, unknown>): ToolName[] {
  const name = word(recordOf(choice.function).name) ?? word(recordOf(choice.custom).name) ?? word(choice.name)
  if (name !== undefined) return [{ name }]
  const type = word(choice.type) ?? ''
  return lookUp(modes, type) || type === 'function' || type === 'custom' || type === '' ? [] : [{ name: type }]
}
