import type {
  ChatRequest,
  CustomTool,
  FunctionTool,
  JsonSchema,
  OpaqueTool,
  ServerToolOffer,
  Tool,
  ToolName,
  TypedTool,
} from '../../model/request.ts'
import { cleanSchema, satisfiesStrict } from '../../model/schema.ts'
import { forcedTool, offeredTools } from '../../model/tools/choice.ts'
import { fullDescription, functionForm } from '../../model/tools/typed.ts'
import { isVitalTool } from '../../model/vital.ts'
import { anthropicMark } from './parts-write.ts'
import type { ChatTool } from './shapes.ts'
import type { Writing } from './writing.ts'

/** The tools of a request and how they may be chosen, as fields of the body. */
export function writeTools(writing: Writing): Record<string, unknown> {
  const { request, quirks, target } = writing
  const offered = quirks.allowedTools ? request.tools : offeredTools(request)
  if (offered.some(isCallable) && !target.capabilities.tools) {
    writing.refuse('tools', 'tools')
    return {}
  }
  const tools = offered.flatMap((tool) => writeTool(tool, writing))
  const search = offered.filter((tool) => tool.kind === 'server').map((tool) => writeServed(tool, writing))
  const fields = Object.assign({}, ...search)
  if (tools.length === 0) return fields
  return { ...fields, tools, ...writeChoice(writing), ...writeParallel(writing) }
}

const isCallable = (tool: Tool): boolean => tool.kind === 'function' || tool.kind === 'custom' || tool.kind === 'typed'

function writeTool(tool: Tool, writing: Writing): readonly unknown[] {
  switch (tool.kind) {
    case 'function':
      return [writeFunction(tool, writing)]
    case 'custom':
      return [writeCustom(tool, writing)]
    case 'typed':
      return writeTyped(tool, writing)
    case 'opaque':
      return writeOpaque(tool, writing)
    case 'server':
      return []
  }
}

/** Servers of this format know no schema-less functions. */
const takesNothing: JsonSchema = { type: 'object', properties: {} }

function writeFunction(tool: FunctionTool, writing: Writing): ChatTool {
  const { quirks } = writing
  nameLosses(tool, writing)
  const wanted = tool.strict === true && quirks.strictTools
  const strictly = wanted ? cleanSchema(tool.schema ?? takesNothing, 'openai-strict') : undefined
  const isStrict = strictly !== undefined && satisfiesStrict(strictly.schema)
  if (tool.strict === true && !isStrict) writing.change('strict')
  const { schema } = isStrict ? strictly : cleanSchema(tool.schema ?? takesNothing, 'openai-loose')
  const description = fullDescription(tool)
  return {
    type: 'function',
    function: {
      name: writing.names.wire(tool),
      ...(description !== undefined && { description }),
      parameters: schema,
      ...(isStrict && { strict: true }),
    },
    ...(tool.cache && quirks.cacheControl && { cache_control: anthropicMark(tool.cache.ttl) }),
    ...(writing.request.format === 'openai-chat' && tool.native),
  }
}

/** What only the client's own format knows about a tool. */
function nameLosses({ native, deferred }: FunctionTool | CustomTool, { request, drop, change }: Writing): void {
  if (request.format !== 'openai-chat') for (const field of Object.keys(native ?? {})) drop(field)
  if (deferred) change('defer_loading')
}

/** Free text as it is, or as a function of one string: the way back is in the tool map. */
function writeCustom(tool: CustomTool, writing: Writing): ChatTool {
  nameLosses(tool, writing)
  const name = writing.names.wire(tool)
  if (!writing.quirks.customTools) {
    const description = fullDescription(tool)
    const parameters = {
      type: 'object',
      properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text.' } },
      required: ['input'],
      additionalProperties: false,
    }
    return { type: 'function', function: { name, ...(description !== undefined && { description }), parameters } }
  }
  return {
    type: 'custom',
    custom: {
      name,
      ...(tool.description !== undefined && { description: tool.description }),
      ...(tool.grammar && { format: { type: 'grammar', grammar: tool.grammar } }),
    },
  }
}

function writeTyped(tool: TypedTool, writing: Writing): readonly ChatTool[] {
  const form = functionForm(tool)
  if (form) return [writeFunction(form, writing)]
  writing.refuse(`the tool ${tool.type}`, 'tools')
  return []
}

function writeOpaque(tool: OpaqueTool, writing: Writing): readonly unknown[] {
  if (tool.dialect === 'openai-chat') return [tool.value]
  if (isVitalTool(tool)) writing.refuse(`the tool ${tool.type}`, 'tools')
  else writing.drop(tool.type)
  return []
}

/** A tool that the server would run: a web search has a form with many, the rest has none. */
function writeServed(tool: ServerToolOffer, writing: Writing): Record<string, unknown> {
  if (tool.tool === 'code' || tool.tool === 'mcp') writing.refuse(`the tool ${tool.type}`, 'tools')
  else if (tool.tool !== 'web_search') writing.drop(tool.type)
  else return writeSearch(tool, writing)
  return {}
}

function writeSearch(tool: ServerToolOffer, { quirks, target, drop }: Writing): Record<string, unknown> {
  const isOwn = tool.dialect === 'openai-chat'
  // Only models made for searching take the field, and they say so in their names.
  const isRefused = quirks.webSearch === 'web_search_options' && !isOwn && !/search/i.test(target.model)
  if (quirks.webSearch === 'none' || isRefused) {
    drop(tool.type)
    return {}
  }
  if (isOwn && quirks.webSearch === 'web_search_options') return { web_search_options: tool.value }
  if (tool.maxUses !== undefined) drop('max_uses')
  if (tool.allowedDomains) drop('allowed_domains')
  if (tool.blockedDomains) drop('blocked_domains')
  return searches[quirks.webSearch](tool)
}

const searches: Readonly<
  Record<Exclude<Writing['quirks']['webSearch'], 'none'>, (tool: ServerToolOffer) => Record<string, unknown>>
> = {
  web_search_options: ({ contextSize, location }) => ({
    web_search_options: {
      ...(contextSize && { search_context_size: contextSize }),
      ...(location && { user_location: { type: 'approximate', approximate: location } }),
    },
  }),
  plugins: () => ({ plugins: [{ id: 'web' }] }),
  enable_search: () => ({ enable_search: true }),
  search_parameters: () => ({ search_parameters: { mode: 'auto' } }),
}

function writeChoice(writing: Writing): Record<string, unknown> {
  const { request, quirks, target } = writing
  const choice = request.toolChoice
  if (!choice) return {}
  if (choice.mode === 'none') return { tool_choice: 'none' }
  const forced = forcedTool(choice)
  if (choice.only && !forced && quirks.allowedTools) return { tool_choice: allowed(choice.mode, choice.only, writing) }
  if (choice.mode === 'auto') return { tool_choice: 'auto' }
  if (!target.capabilities.forcedTools || quirks.toolChoiceRequired === 'none') return askForCall(forced, writing)
  if (!forced) return { tool_choice: quirks.toolChoiceRequired }
  return quirks.toolChoiceNamed ? { tool_choice: nameChoice(forced, writing) } : askForCall(forced, writing)
}

/** Where a call cannot be forced, it is asked for. */
function askForCall(forced: ToolName | undefined, writing: Writing): Record<string, unknown> {
  writing.change('tool_choice')
  writing.instruct(forced ? `Call the tool ${writing.names.wire(forced)} now.` : 'Call one of the tools now.')
  return { tool_choice: 'auto' }
}

const allowed = (mode: string, only: readonly ToolName[], writing: Writing): Record<string, unknown> => ({
  type: 'allowed_tools',
  allowed_tools: { mode, tools: only.map((tool) => nameChoice(tool, writing)) },
})

function nameChoice(tool: ToolName, { request, names, quirks }: Writing): Record<string, unknown> {
  const name = names.wire(tool)
  return quirks.customTools && isCustom(request, tool)
    ? { type: 'custom', custom: { name } }
    : { type: 'function', function: { name } }
}

const isCustom = ({ tools }: ChatRequest, { name }: ToolName): boolean =>
  tools.some((tool) => tool.kind === 'custom' && tool.name === name)

const writeParallel = ({ request, quirks }: Writing): Record<string, unknown> =>
  request.parallel === false && quirks.parallelToolCalls ? { parallel_tool_calls: false } : {}
