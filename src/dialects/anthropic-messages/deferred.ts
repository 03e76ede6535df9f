import type { Tool } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'

/**
 * The tools that the model may see now. A client that searches its tools by itself declares all of them and defers most: one
 * is shown once a search has named it (`tool_reference`). Elsewhere nobody does that for us, so the rest is left out. Where
 * the vendor does the searching (`tool_search_tool_*`), or no tool is left that could, all of them stay as they are.
 * @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-search-tool
 */
export function shownTools(tools: readonly Tool[], messages: unknown): readonly Tool[] {
  if (!tools.some(isDeferred) || tools.every(isDeferred) || tools.some(isVendorSearch)) return tools
  const found = foundTools(messages)
  return tools.flatMap((tool) => (isDeferred(tool) ? shown(tool, found) : [tool]))
}

type DeferredTool = Extract<Tool, { readonly deferred?: boolean }>

const isDeferred = (tool: Tool): tool is DeferredTool => tool.kind !== 'opaque' && tool.deferred === true

const isVendorSearch = (tool: Tool): boolean => tool.kind === 'server' && tool.tool === 'tool_search'

function shown(tool: DeferredTool, found: ReadonlySet<string>): readonly Tool[] {
  const { deferred: _deferred, ...rest } = tool
  return found.has(tool.name) ? [rest] : []
}

/** Names that a search has given back, and those that were called already. */
export function foundTools(messages: unknown): ReadonlySet<string> {
  const found = new Set<string>()
  collect(messages, found)
  return found
}

const nameFields: Readonly<Record<string, string>> = { tool_reference: 'tool_name', tool_use: 'name' }

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, found)
  if (!isRecord(value)) return
  const field = typeof value.type === 'string' ? nameFields[value.type] : undefined
  const name = field === undefined ? undefined : value[field]
  if (typeof name === 'string') found.add(name)
  collect(value.content, found)
}
