import { ok, type Result, refuse } from '../../model/fault.ts'
import type { ChatRequest } from '../../model/request.ts'
import { type NameRule, nameTools } from '../../model/tools/name.ts'
import type { Target, Written } from '../dialect.ts'
import { writeLimits, writeSampling, writeThinking } from './controls-write.ts'
import { writeFormat } from './format-write.ts'
import { hasBreakpoint, writeHistory } from './history-write.ts'
import { writeIdentity, writeNative } from './identity-write.ts'
import { writeInclude } from './include-write.ts'
import type { ResponsesQuirks } from './quirks.ts'
import type { Item } from './shapes.ts'
import { writeToolChoice } from './tool-choice-write.ts'
import { writeTools } from './tools-write.ts'
import { Writing } from './writing.ts'

const nameRule: NameRule = { illegal: /[^a-zA-Z0-9_-]/g, max: 64 }

/** Writes a request for an upstream of this format. Nothing is kept there: the history goes along, thoughts encrypted. */
export function writeRequest(request: ChatRequest, target: Target<ResponsesQuirks>): Result<Written> {
  const names = nameTools(request, nameRule, !target.quirks.customTools)
  if (!names.ok) return names
  const writing = new Writing(request, target, names.value)
  refuseForeign(request, writing)
  const body = writeBody(request, writing)
  if (writing.fault) return refuse(writing.fault)
  const { stop } = request.sampling
  const isWrapped = request.output.format.kind === 'enum'
  return ok({
    body,
    lost: writing.lost,
    tools: names.value.back,
    ...((stop?.length || isWrapped) && {
      emulate: { ...(stop?.length && { stop }), ...(isWrapped && { textFromValue: true }) },
    }),
  })
}

/** What would be another answer without it. */
function refuseForeign({ sampling, output, state, tools }: ChatRequest, writing: Writing): void {
  if ((sampling.n ?? 1) > 1) writing.refuse('n', 'This model gives one answer at a time.')
  if (output.modalities?.some((modality) => modality === 'audio' || modality === 'video'))
    writing.refuse('modalities', 'This model answers in text and pictures only.')
  if (state?.background) writing.refuse('background', 'This model cannot answer in the background.')
  if (tools.length > 0 && !writing.target.capabilities.tools) writing.refuse('tools', 'This model cannot call tools.')
}

function writeBody(request: ChatRequest, writing: Writing): Record<string, unknown> {
  const { quirks, model } = writing.target
  const tools = writeTools(request, writing)
  const history = writeHistory(request, writing)
  const text = writeFormat(request, history.input, writing)
  const body = {
    model,
    ...history,
    ...text,
    ...(tools.length > 0 && writeTooling(request, tools, writing)),
    ...writeLimits(request, writing),
    ...writeSampling(request, writing),
    ...writeThinking(request, writing),
    ...writeInclude(request, writing),
    ...writeIdentity(request, writing),
    ...writeNative(request, writing),
    ...writeCacheMode(request, history.input),
    store: false,
    ...(request.stream !== false && { stream: true }),
    ...quirks.extra,
  }
  return Object.fromEntries(Object.entries(body).filter(([field]) => !quirks.drop.includes(field)))
}

/** Where breakpoints were written they alone count; said without one, it would switch the cache off. */
function writeCacheMode({ native, format }: ChatRequest, input: readonly Item[]): Record<string, unknown> {
  const isSaid = format !== 'anthropic-messages' && native.prompt_cache_options !== undefined
  return !isSaid && hasBreakpoint(input) ? { prompt_cache_options: { mode: 'explicit' } } : {}
}

function writeTooling(request: ChatRequest, tools: unknown[], writing: Writing): Record<string, unknown> {
  const choice = writeToolChoice(request, writing)
  const searches = request.tools.flatMap((tool) =>
    tool.kind === 'server' && tool.maxUses !== undefined ? [tool.maxUses] : [],
  )
  const most = request.maxToolCalls ?? (searches.length > 0 ? Math.max(...searches) : undefined)
  return {
    tools,
    ...(choice !== undefined && { tool_choice: choice }),
    ...(request.parallel !== undefined && { parallel_tool_calls: request.parallel }),
    ...(most !== undefined && { max_tool_calls: most }),
  }
}
