import { changed, dropped } from '../../model/loss.ts'
import type { ChatRequest, FunctionTool, ServerToolOffer, Tool, Turn } from '../../model/request.ts'
import { cleanSchema } from '../../model/schema.ts'
import { forcedTool, offeredTools } from '../../model/tools/choice.ts'
import { freeTextSchema, fullDescription, functionForm } from '../../model/tools/typed.ts'
import { cachePoint } from './content-write.ts'
import type { WireTool, WireToolConfig } from './shapes.ts'
import type { Writing } from './writing.ts'

/** Names that Converse takes. */
export const nameRule = { illegal: /[^a-zA-Z0-9_-]/g, max: 64 } as const

/**
 * Tools and choice. Undefined: nothing can be called. A history with calls needs tools even where none may be called, and Converse
 * cannot forbid calling: then they are offered, and that is told.
 */
export function writeTools(request: ChatRequest, turns: readonly Turn[], to: Writing): WireToolConfig | undefined {
  const isForbidden = request.toolChoice?.mode === 'none'
  const called = calledNames(turns, to)
  if (isForbidden && called.length === 0) return undefined
  const tools = offeredTools(request).flatMap((tool, at) => writeTool(tool, `tools[${at}]`, to))
  const all = tools.length === 0 ? called.map(stub) : tools
  if (all.length === 0) return undefined
  if (isForbidden) to.lost.push(changed('tool_choice'))
  if (!to.capabilities.tools) to.refuse(`The model "${to.model}" cannot call tools.`, 'tools')
  return { tools: all, ...writeChoice(request, to) }
}

/** Whether the answer must be a call. */
export const mustCall = (request: ChatRequest): boolean =>
  request.toolChoice?.mode === 'required' && request.tools.length > 0

function writeChoice({ toolChoice }: ChatRequest, to: Writing): Pick<WireToolConfig, 'toolChoice'> {
  if (toolChoice?.mode !== 'required') return {}
  if (!to.traits.forcedTools || !to.capabilities.forcedTools) {
    to.lost.push(changed('tool_choice'))
    return {}
  }
  const forced = forcedTool(toolChoice)
  return { toolChoice: forced ? { tool: { name: to.names.wire(forced) } } : { any: {} } }
}

const calledNames = (turns: readonly Turn[], to: Writing): string[] => [
  ...new Set(
    turns.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'tool_call' ? [to.names.wire(part)] : []))),
  ),
]

const stub = (name: string): WireTool => ({ toolSpec: { name, inputSchema: { json: { type: 'object' } } } })

function writeTool(tool: Tool, where: string, to: Writing): WireToolConfig['tools'] {
  if (tool.kind === 'server') return loseServerTool(tool, where, to)
  const asFunction = functionOf(tool)
  if (tool.kind === 'opaque' || !asFunction) {
    to.refuse(
      `The model "${to.model}" does not know tools of type "${tool.kind === 'opaque' ? tool.type : tool.kind}".`,
      where,
    )
    return []
  }
  const { schema, lost } = cleanSchema(asFunction.schema ?? { type: 'object', properties: {} }, 'anthropic-tool')
  to.lost.push(...lost.map((keyword) => changed(`${where}.${keyword}`)))
  const description = fullDescription(asFunction)
  return [
    {
      toolSpec: {
        name: to.names.wire(tool),
        ...(description !== undefined && description !== '' && { description }),
        inputSchema: { json: { ...schema } },
      },
    },
    ...cachePoint(tool.cache, to),
  ]
}

/** The function that a tool is offered as. */
function functionOf(tool: Exclude<Tool, ServerToolOffer>): FunctionTool | undefined {
  if (tool.kind === 'opaque') return undefined
  if (tool.kind === 'typed') return functionForm(tool)
  if (tool.kind === 'function') return tool
  const description = fullDescription(tool)
  return {
    kind: 'function',
    name: tool.name,
    schema: freeTextSchema,
    ...(description !== undefined && { description }),
  }
}

/** Searching is a help that an answer can do without; code and foreign servers change what it can be. */
function loseServerTool(tool: ServerToolOffer, where: string, to: Writing): [] {
  if (tool.tool === 'code' || tool.tool === 'mcp')
    to.refuse(`The model "${to.model}" does not run "${tool.name}" by itself.`, where)
  else to.lost.push(dropped(tool.name))
  return []
}
