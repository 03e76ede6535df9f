import type {
  CustomTool,
  FunctionTool,
  OpaqueTool,
  ServerToolOffer,
  Tool,
  ToolChoice,
  TypedTool,
} from '../../model/request.ts'
import { cleanSchema } from '../../model/schema.ts'
import { freeTextSchema, fullDescription, functionForm } from '../../model/tools/typed.ts'
import { isRecord } from '../../wire/json.ts'
import { writeMcp } from './mcp.ts'
import type { WireFunction } from './shapes.ts'
import type { Writing } from './writing.ts'

type WireTool = Readonly<Record<string, unknown>>

/** All functions in one tool object, each vendor-run tool in one of its own. */
export function writeTools(writing: Writing): readonly WireTool[] {
  const { request, target, given } = writing
  const functions = request.tools.flatMap((tool) => writeFunction(tool, writing))
  if (functions.length > 0 && !target.capabilities.tools) given.refuse('tools', 'this model takes no tools')
  const isOffered = request.toolChoice?.mode !== 'none' && !isRefusedMix(writing)
  const first = request.tools.find(isFunction)
  return request.tools.flatMap((tool) => {
    if (tool === first) return [{ functionDeclarations: functions }]
    if (isFunction(tool)) return []
    if (isRefusedMix(writing)) given.drop(tool.kind === 'opaque' ? tool.type : tool.name)
    return isOffered ? writeServer(tool, writing) : []
  })
}

/** How freely the model may call. Undefined where nothing needs saying: `AUTO` is what the vendor does anyway. */
export function writeToolConfig(writing: Writing): WireTool | undefined {
  const { request, isOwn } = writing
  if (!request.tools.some(isFunction)) return undefined
  // Gemini 3 wants to be told before it mixes built-in tools with functions.
  const mixes = isMixed(writing) && !isRefusedMix(writing) && !isOwn && request.toolChoice?.mode !== 'none'
  const calling = writeCalling(request.toolChoice, mixes, writing)
  return calling && { functionCallingConfig: calling, ...(mixes && { includeServerSideToolInvocations: true }) }
}

const isFunction = (tool: Tool): boolean => tool.kind === 'function' || tool.kind === 'custom' || tool.kind === 'typed'

/** Functions and tools that the vendor runs, together. */
const isMixed = ({ request }: Writing): boolean =>
  request.tools.some(isFunction) && request.tools.some((tool) => !isFunction(tool))

/** Before Gemini 3 the two are refused together; functions are what the client counts on. */
const isRefusedMix = (writing: Writing): boolean =>
  isMixed(writing) && !writing.target.capabilities.schemaWithTools && writing.request.toolChoice?.mode !== 'none'

function writeCalling(choice: ToolChoice | undefined, mixes: boolean, writing: Writing): WireTool | undefined {
  const auto = mixes ? 'VALIDATED' : 'AUTO'
  if (!choice) return mixes ? { mode: auto } : undefined
  if (choice.mode === 'none') return { mode: 'NONE' }
  const allowed = allowedNames(choice, writing)
  const names = allowed && { allowedFunctionNames: allowed }
  if (choice.mode === 'auto') return { mode: allowed ? 'VALIDATED' : auto, ...names }
  if (writing.target.capabilities.forcedTools) return { mode: 'ANY', ...names }
  writing.given.change('tool_choice')
  return { mode: allowed ? 'VALIDATED' : auto, ...names }
}

/** Only functions can be named. */
function allowedNames(
  { only }: Exclude<ToolChoice, { mode: 'none' }>,
  { request, names }: Writing,
): readonly string[] | undefined {
  const servers = new Set(request.tools.flatMap((tool) => (tool.kind === 'server' ? [tool.name, tool.type] : [])))
  const allowed = only?.filter((tool) => !servers.has(tool.name)).map((tool) => names.wire(tool))
  return allowed && allowed.length > 0 ? allowed : undefined
}

function writeFunction(tool: Tool, writing: Writing): WireFunction[] {
  switch (tool.kind) {
    case 'function':
      return [declare(tool, tool.schema, writing)]
    case 'custom':
      return [declare(tool, freeTextSchema, writing)]
    case 'typed':
      return writeTyped(tool, writing)
    default:
      return []
  }
}

function writeTyped(tool: TypedTool, writing: Writing): WireFunction[] {
  const form = functionForm(tool)
  if (form) return [declare({ ...form, name: tool.name }, form.schema, writing)]
  writing.given.refuse('tools', `this model has no tool ${tool.type}`)
  return []
}

function declare(tool: FunctionTool | CustomTool, schema: FunctionTool['schema'], writing: Writing): WireFunction {
  const { names, isOwn, given } = writing
  if (tool.deferred) given.change('defer_loading')
  if (!isOwn) for (const field of Object.keys(tool.native ?? {})) given.drop(field)
  return {
    name: names.wire(tool),
    // Some models refuse a function without one.
    description: fullDescription(tool) || tool.name,
    ...writeParameters(schema, writing),
    ...(isOwn && tool.native),
  }
}

/** The vendor judges its own clients' schemas. */
function writeParameters(schema: FunctionTool['schema'], { target, given, isOwn }: Writing): Partial<WireFunction> {
  if (!schema) return {}
  const isOld = target.quirks.schemaField === 'openapi'
  if (isOwn && !isOld) return { parametersJsonSchema: schema }
  // Old models refuse an object without properties.
  if (isOld && isEmptyObject(schema)) return {}
  const cleaned = cleanSchema(schema, isOld ? 'gemini-schema' : 'gemini-json')
  if (cleaned.lost.length > 0) given.change('tools')
  return isOld ? { parameters: cleaned.schema } : { parametersJsonSchema: cleaned.schema }
}

const isEmptyObject = (schema: NonNullable<FunctionTool['schema']>): boolean =>
  schema.type === 'object' && Object.keys(isRecord(schema.properties) ? schema.properties : {}).length === 0

function writeServer(tool: Tool, writing: Writing): WireTool[] {
  if (tool.kind === 'opaque') return writeOpaqueTool(tool, writing)
  if (tool.kind !== 'server') return []
  if (tool.tool === 'mcp') return writeMcp(tool)
  if (tool.dialect === 'gemini') return [{ [tool.type]: tool.value }]
  return serverWriters[tool.tool](tool, writing)
}

function writeOpaqueTool(tool: OpaqueTool, { given }: Writing): WireTool[] {
  if (tool.dialect === 'gemini') return [{ [tool.type]: tool.value }]
  given.refuse('tools', `this model has no tool ${tool.type}`)
  return []
}

const serverWriters: Record<
  Exclude<ServerToolOffer['tool'], 'mcp'>,
  (tool: ServerToolOffer, writing: Writing) => WireTool[]
> = {
  web_search(tool, writing) {
    loseLimits(tool, writing)
    const { blockedDomains } = tool
    const excludes = blockedDomains && writing.target.quirks.excludeDomains
    if (blockedDomains && !excludes) writing.given.drop('blocked_domains')
    return [{ googleSearch: excludes ? { excludeDomains: blockedDomains } : {} }]
  },
  web_fetch(tool, writing) {
    loseLimits(tool, writing)
    if (tool.blockedDomains) writing.given.drop('blocked_domains')
    return [{ urlContext: {} }]
  },
  code: () => [{ codeExecution: {} }],
  tool_search(_, { given }) {
    // All tools are shown at once, so there is nothing to search.
    given.drop('tool_search')
    return []
  },
}

function loseLimits(tool: ServerToolOffer, { given }: Writing): void {
  if (tool.maxUses !== undefined) given.drop('max_uses')
  if (tool.allowedDomains) given.drop('allowed_domains')
  if (tool.location) given.drop('user_location')
  if (tool.contextSize && tool.contextSize !== 'medium') given.drop('search_context_size')
}
