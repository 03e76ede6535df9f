import type { JsonSchema, ServerToolOffer, Tool, ToolName, TypedTool } from '../../model/request.ts'
import { cleanSchema } from '../../model/schema.ts'
import { fullDescription, functionForm } from '../../model/tools/typed.ts'
import { isVitalTool } from '../../model/vital.ts'
import { isRecord } from '../../wire/json.ts'
import { type Writing, writeCacheMark } from './parts-write.ts'
import type { WireTool } from './shapes.ts'

const dialect = 'anthropic-messages'

/** The declarations; tools that cannot be offered are refused or left out by name. */
export function writeTools(tools: readonly Tool[], writing: Writing): readonly WireTool[] {
  // The table holds for every kind the writer of that very kind.
  const write = (tool: Tool) => toolWriters[tool.kind](tool as never, writing) as WireTool | undefined
  return offered(tools, writing)
    .map(write)
    .filter((tool) => tool !== undefined)
}

/** Without a search to find them, deferred tools are shown at once: the vendor refuses tools that nothing can reach. */
function offered(tools: readonly Tool[], { isOwn }: Writing): readonly Tool[] {
  const isSearched = tools.some((tool) => tool.kind === 'server' && tool.tool === 'tool_search')
  if (isOwn || isSearched) return tools
  return tools.map((tool) => ('deferred' in tool ? { ...tool, deferred: false } : tool))
}

/** Declarations for a history whose tools the client no longer sends; the vendor wants every call declared. */
export const stubTools = (called: readonly ToolName[], { names }: Writing): readonly WireTool[] =>
  [...new Set(called.map((tool) => names.wire(tool)))].map((name) => ({ name, input_schema: { type: 'object' } }))

type ToolWriters = {
  readonly [Kind in Tool['kind']]: (tool: Extract<Tool, { kind: Kind }>, writing: Writing) => WireTool | undefined
}

const toolWriters: ToolWriters = {
  function(tool, writing) {
    const { quirks, names, isOwn } = writing
    const description = quirks.toolFields ? tool.description : fullDescription(tool)
    return {
      name: names.wire(tool),
      ...(description !== undefined && { description }),
      ...writeSchema(tool.schema, tool.strict === true && quirks.toolFields, writing),
      ...(quirks.toolFields && tool.examples && { input_examples: tool.examples }),
      ...(quirks.toolFields && tool.deferred && { defer_loading: true }),
      ...(isOwn ? tool.native : dropAll(tool.native, writing)),
      ...mark(tool, writing),
    }
  },
  custom(tool, writing) {
    const description = fullDescription(tool)
    return {
      name: writing.names.wire(tool),
      ...(description !== undefined && { description }),
      input_schema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
      ...mark(tool, writing),
    }
  },
  typed: writeTyped,
  server: writeServer,
  opaque(tool, { given }) {
    // Read from a declaration of this format.
    if (tool.dialect === dialect) return tool.value as WireTool
    if (isVitalTool(tool)) given.refuse('tools', `this model has no tool ${tool.type}`)
    else given.drop(tool.type)
    return undefined
  },
}

const mark = ({ cache }: Tool & { cache?: unknown }, { quirks }: Writing) =>
  // Every kind of tool but the opaque one has a cache mark of this very type.
  cache && quirks.cacheMarks ? { cache_control: writeCacheMark(cache as Parameters<typeof writeCacheMark>[0]) } : {}

function dropAll(native: Readonly<Record<string, unknown>> | undefined, { given }: Writing): Record<string, never> {
  for (const field of Object.keys(native ?? {})) given.drop(field)
  return {}
}

/** The schema, kept strict only where the vendor's strict subset holds all of it: a rewritten one would surprise the client. */
function writeSchema(schema: JsonSchema | undefined, strict: boolean, { given, isOwn }: Writing) {
  const whole = schema ?? { type: 'object', properties: {} }
  if (isOwn) return { input_schema: whole, ...(strict && { strict: true }) }
  const plain = cleanSchema(whole, 'anthropic-tool').schema
  if (!strict) return { input_schema: plain }
  const cleaned = cleanSchema(whole, 'anthropic-strict')
  if (cleaned.lost.length === 0) return { input_schema: cleaned.schema, strict: true }
  given.change('strict')
  return { input_schema: plain }
}

function writeTyped(tool: TypedTool, writing: Writing): WireTool | undefined {
  if (tool.dialect === dialect) return { ...tool.value, ...mark(tool, writing) }
  const form = functionForm(tool)
  if (form) return toolWriters.function({ ...form, name: tool.name }, writing)
  return writing.given.refuse('tools', `this model has no tool ${tool.type}`)
}

/** The version of each vendor-run tool that every current model accepts. */
const serverTypes: Partial<Record<ServerToolOffer['tool'], { readonly type: string; readonly name: string }>> = {
  web_search: { type: 'web_search_20250305', name: 'web_search' },
  web_fetch: { type: 'web_fetch_20250910', name: 'web_fetch' },
  code: { type: 'code_execution_20250825', name: 'code_execution' },
  tool_search: { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' },
}

function writeServer(tool: ServerToolOffer, writing: Writing): WireTool | undefined {
  const { given, quirks } = writing
  if (!quirks.serverTools) return given.refuse('tools', `this model's server does not run ${tool.name}`)
  if (tool.dialect === dialect) return { ...tool.value, ...mark(tool, writing) }
  if (tool.tool === 'mcp') return writeMcp(tool, writing)
  if (tool.contextSize && tool.contextSize !== 'medium') given.drop('search_context_size')
  return { ...serverTypes[tool.tool], ...writeLimits(tool, writing) }
}

function writeLimits(tool: ServerToolOffer, { given }: Writing): Readonly<Record<string, unknown>> {
  const takesDomains = tool.tool === 'web_search' || tool.tool === 'web_fetch'
  if (!takesDomains) return {}
  const { maxUses, allowedDomains, blockedDomains, location } = tool
  const takesLocation = tool.tool === 'web_search' && location !== undefined
  // One or the other, never both.
  if (allowedDomains && blockedDomains) given.drop('blocked_domains')
  return {
    ...(maxUses !== undefined && { max_uses: maxUses }),
    ...(allowedDomains ? { allowed_domains: allowedDomains } : blockedDomains && { blocked_domains: blockedDomains }),
    ...(takesLocation && { user_location: { type: 'approximate', ...location } }),
  }
}

/** A server's tools. Here they run without asking, so a client that wants to be asked, or hides its server, is refused. */
function writeMcp({ name, value }: ServerToolOffer, { given }: Writing): WireTool | undefined {
  if (value.require_approval !== 'never')
    return given.refuse('tools', `this model runs the tools of ${name} without approval: say require_approval "never"`)
  if (typeof value.server_url !== 'string') return given.refuse('tools', `this model needs the server_url of ${name}`)
  const { allowed_tools: allowed } = value
  const names = isRecord(allowed) ? allowed.tool_names : allowed
  if (!Array.isArray(names)) return { type: 'mcp_toolset', mcp_server_name: name }
  const configs = Object.fromEntries(names.map((tool) => [String(tool), { enabled: true }]))
  return { type: 'mcp_toolset', mcp_server_name: name, default_config: { enabled: false }, configs }
}

/** Servers of the Model Context Protocol that another format declares among its tools. */
export function mcpServers(tools: readonly Tool[]): readonly Readonly<Record<string, unknown>>[] {
  return tools.flatMap((tool) => {
    if (tool.kind !== 'server' || tool.tool !== 'mcp' || tool.dialect === dialect) return []
    const { server_url: url, authorization } = tool.value
    return [
      {
        type: 'url',
        name: tool.name,
        url,
        ...(typeof authorization === 'string' && { authorization_token: authorization }),
      },
    ]
  })
}
