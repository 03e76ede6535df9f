import type { ChatRequest, ToolName } from '../../model/request.ts'
import { writeServer } from './server-tools-write.ts'
import type { Writing } from './writing.ts'

/** `tool_choice`, undefined when the client did not say. */
export function writeToolChoice(request: ChatRequest, writing: Writing): unknown {
  const { toolChoice } = request
  if (toolChoice === undefined || toolChoice.mode === 'none') return toolChoice?.mode
  const { mode, only } = toolChoice
  if (mode === 'required' && !writing.target.capabilities.forcedTools) {
    writing.change('tool_choice')
    return 'auto'
  }
  if (only === undefined || only.length === 0) return mode
  const named = only.map((name) => chosen(name, request, writing))
  if (mode === 'required' && named.length === 1) return named[0]
  return writing.quirks.allowedTools ? { type: 'allowed_tools', mode, tools: named } : mode
}

function chosen(choice: ToolName, request: ChatRequest, writing: Writing): Record<string, unknown> {
  const tool = request.tools.find(
    (known) =>
      known.kind !== 'opaque' && (known.name === choice.name || ('type' in known && known.type === choice.name)),
  )
  if (tool?.kind === 'server')
    return { type: tool.dialect === 'openai-responses' ? tool.type : (writeServer(tool, writing)?.type ?? tool.type) }
  const isTyped = tool?.kind === 'typed' && tool.dialect === 'openai-responses'
  if (isTyped && writing.quirks.typedTools.includes(tool.type)) return { type: tool.type }
  if (!tool && request.tools.some((known) => known.kind === 'opaque' && known.type === choice.name))
    return { type: choice.name }
  const type = tool?.kind === 'custom' && writing.quirks.customTools ? 'custom' : 'function'
  return choice.namespace !== undefined && writing.quirks.namespaces
    ? { type, name: choice.name, namespace: choice.namespace }
    : { type, name: writing.names.wire(choice) }
}
