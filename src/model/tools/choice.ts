import type { ChatRequest, Tool, ToolChoice, ToolName } from '../request.ts'

/**
 * The tools to declare to a target that cannot narrow its choice: those that the client allows. A single forced tool
 * narrows nothing, because every target can force by name, and the longer list keeps the prompt cache.
 */
export function offeredTools(request: ChatRequest): readonly Tool[] {
  const { toolChoice, tools } = request
  if (toolChoice === undefined || toolChoice.mode === 'none' || forcedTool(toolChoice)) return tools
  const { only } = toolChoice
  if (only === undefined) return tools
  const offered = tools.filter((tool) => only.some((allowed) => names(allowed, tool)))
  return offered.length === tools.length ? tools : offered
}

/** The one tool that must be called, if it is exactly one. */
export const forcedTool = (choice: ToolChoice | undefined): ToolName | undefined =>
  choice?.mode === 'required' && choice.only?.length === 1 ? choice.only[0] : undefined

/** Vendor-run tools are chosen by their type, too. */
function names(allowed: ToolName, tool: Tool): boolean {
  if (tool.kind === 'opaque') return allowed.name === tool.type
  if (tool.kind === 'server' || tool.kind === 'typed') return allowed.name === tool.name || allowed.name === tool.type
  return allowed.name === tool.name && (allowed.namespace === undefined || allowed.namespace === tool.namespace)
}
