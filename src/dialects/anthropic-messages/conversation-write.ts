import type { Part } from '../../model/part.ts'
import type { ChatRequest, Turn } from '../../model/request.ts'
import { offeredTools } from '../../model/tools/choice.ts'
import type { Concessions } from '../concessions.ts'
import type { Target } from '../dialect.ts'
import { autoMarks } from './auto-marks.ts'
import { fitMarks, type Marked, mostMarks, readMarks } from './cache-marks.ts'
import { forces, type WrittenChoice, writeChoice } from './choice-write.ts'
import type { WrittenOutput } from './output-write.ts'
import { carried, type Writing, writeCacheMark, writePart } from './parts-write.ts'
import { billingField } from './request-read.ts'
import type { Block, WireTool } from './shapes.ts'
import { mcpServers, stubTools, writeTools } from './tools-write.ts'
import { writeTurns } from './turns-write.ts'

export interface ConversationAsk {
  readonly request: ChatRequest
  readonly target: Target
  /** Lawful, as `turns-write.ts` makes them. */
  readonly turns: readonly Turn[]
  readonly output: WrittenOutput
}

export interface Conversation {
  /** Instructions, messages, tools, the choice among them, and how all of it is cached. */
  readonly fields: Readonly<Record<string, unknown>>
  /** The model has no way but to call a tool. */
  readonly isForced: boolean
}

/** All that the model is to read. */
export function writeConversation(ask: ConversationAsk, writing: Writing): Conversation {
  const { request, turns, output } = ask
  const toolkit = writeToolkit(ask, writing)
  const hints = [output.hint, toolkit.hint].filter((hint) => hint !== undefined)
  const said = fitMarks(
    { tools: toolkit.tools, system: writeSystem(request, hints, writing), messages: writeTurns(turns, writing) },
    request.cache?.auto ? mostMarks - 1 : mostMarks,
  )
  const isAuto = wantsMarks(request, said, writing)
  const marked = isAuto ? autoMarks(said) : said
  const servers = mcpServers(request.tools)
  const fields = {
    ...(marked.system.length > 0 && { system: marked.system }),
    messages: marked.messages,
    ...(marked.tools.length > 0 && { tools: marked.tools }),
    ...(toolkit.choice && { tool_choice: toolkit.choice }),
    ...(servers.length > 0 && { mcp_servers: servers }),
    ...writeEndMark(request, isAuto, writing),
  }
  return { fields, isForced: forces(toolkit.choice) }
}

/** Instructions, one block each. Hints come last, so that what is before them stays the same. */
function writeSystem(request: ChatRequest, hints: readonly string[], writing: Writing): readonly Block[] {
  const billing = writing.isOwn ? request.native[billingField] : undefined
  const first = (Array.isArray(billing) ? billing : []).map((text): Block => ({ type: 'text', text: String(text) }))
  const blocks = request.system.flatMap((part) => writeInstruction(part, writing) ?? [])
  return [...first, ...blocks, ...hints.map((text) => ({ type: 'text', text }))]
}

function writeInstruction(part: Part, writing: Writing): Block | undefined {
  const known = carried(part, writing.given)
  if (known?.kind === 'text') return known.text.trim() === '' ? undefined : writePart(known, writing)
  if (known) writing.given.drop('system')
  return undefined
}

interface Toolkit extends WrittenChoice {
  readonly tools: readonly WireTool[]
}

/** Tools and the choice among them; without tools there must be no choice. */
function writeToolkit({ request, target, turns, output }: ConversationAsk, writing: Writing): Toolkit {
  const { capabilities } = target
  const { given, names } = writing
  const declared = limited(writeTools(offeredTools(request), writing), request, given)
  if (!capabilities.tools && declared.length > 0) given.refuse('tools', 'this model takes no tools')
  if (output.tool) return answerTool(declared, output.tool, capabilities.forcedTools)
  if (declared.length > 0) return { tools: declared, ...writeChoice(request, { names, capabilities, given }) }
  const called = turns.flatMap((turn) => turn.parts.flatMap((part) => (part.kind === 'tool_call' ? [part] : [])))
  return called.length === 0 ? { tools: [] } : { tools: stubTools(called, writing), choice: { type: 'none' } }
}

/** The tool whose arguments are the answer: the only way out, unless there are other tools to call first. */
function answerTool(declared: readonly WireTool[], tool: { readonly name: string }, forcedTools: boolean): Toolkit {
  const tools = [...declared, tool]
  if (!forcedTools) return { tools, choice: { type: 'auto' } }
  return { tools, choice: declared.length > 0 ? { type: 'any' } : { type: 'tool', name: tool.name } }
}

/** `max_tool_calls` over all tools becomes each vendor-run tool's own limit. */
function limited(tools: readonly WireTool[], { maxToolCalls }: ChatRequest, given: Concessions): readonly WireTool[] {
  if (maxToolCalls === undefined) return tools
  given.change('max_tool_calls')
  const takes = (tool: WireTool): boolean => /^web_(search|fetch)_/.test(tool.type ?? '') && tool.max_uses === undefined
  return tools.map((tool) => (takes(tool) ? { ...tool, max_uses: maxToolCalls } : tool))
}

/** Clients of other formats know no marks; without any, nothing would ever be cached. */
const wantsMarks = ({ cache }: ChatRequest, said: Marked, { isOwn, quirks }: Writing): boolean =>
  quirks.cacheMarks && quirks.autoCache && !isOwn && !cache?.auto && readMarks(said).length === 0

/** "Mark the end by yourself", as the client says or as it needs. */
function writeEndMark({ cache }: ChatRequest, isAuto: boolean, { quirks }: Writing): Record<string, unknown> {
  if (!quirks.cacheMarks) return {}
  if (cache?.auto) return { cache_control: writeCacheMark(cache.auto) }
  return isAuto ? { cache_control: { type: 'ephemeral' } } : {}
}
