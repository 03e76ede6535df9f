import type { ServerCallPart, ServerResultPart, ServerTool } from '../../model/part.ts'
import { toolInput } from '../../model/tools/arguments.ts'
import { isRecord } from '../../wire/json.ts'
import type { IdPrefix } from './ids.ts'
import { filled, listOf } from './reading.ts'
import type { Item } from './shapes.ts'
import type { PartWriter, Stage } from './stage.ts'

/** The item of a vendor-run tool that waits for its result. */
export interface Trace {
  /** Tells the rest; undefined when the answer ended without a result. */
  finish(result: ServerResultPart | undefined): void
}

/** How the trace of one kind of tool is told. Kinds without a form leave no trace. */
interface TraceForm {
  readonly prefix: IdPrefix
  readonly type: string
  /** Steps told before the result, without the item's type. */
  readonly steps: readonly string[]
  readonly asked: (input: Record<string, unknown>, call: ServerCallPart) => Record<string, unknown>
  readonly found: (result: ServerResultPart, item: Record<string, unknown>) => Record<string, unknown>
}

const search: Omit<TraceForm, 'asked'> = {
  prefix: 'ws',
  type: 'web_search_call',
  steps: ['in_progress', 'searching'],
  found: (result, item) => {
    const sources = (result.hits ?? []).map(({ url }) => ({ type: 'url', url }))
    const isSearch = isRecord(item.action) && item.action.type === 'search'
    return isSearch && sources.length > 0 ? { action: { ...(isRecord(item.action) && item.action), sources } } : {}
  },
}

const forms: Partial<Record<ServerTool, TraceForm>> = {
  web_search: {
    ...search,
    asked: (input) => {
      const queries = listOf(input.queries).filter((query) => typeof query === 'string')
      return {
        action: {
          type: 'search',
          query: filled(input.query) ?? queries[0] ?? '',
          ...(queries.length > 0 && { queries }),
        },
      }
    },
  },
  web_fetch: { ...search, asked: (input) => ({ action: { type: 'open_page', url: filled(input.url) ?? null } }) },
  code: {
    prefix: 'ci',
    type: 'code_interpreter_call',
    steps: ['in_progress', 'interpreting'],
    asked: (input) => ({ code: filled(input.code) ?? filled(input.command) ?? '', container_id: '', outputs: [] }),
    found: (result) => ({ outputs: result.output ? [{ type: 'logs', logs: result.output }] : [] }),
  },
  mcp: {
    prefix: 'mcp',
    type: 'mcp_call',
    steps: ['in_progress'],
    asked: (_, call) => ({
      name: call.name,
      server_label: 'mcp',
      arguments: call.arguments === '' ? '{}' : call.arguments,
      output: null,
      error: null,
    }),
    found: (result) => ({ output: result.output ?? null }),
  },
}

/** The trace as an item of its own; one that came as an item of this format stays what it was. */
export function traceWriter(part: ServerCallPart, stage: Stage): PartWriter | undefined {
  // Pictures are told by the part that holds them.
  if (part.tool === 'image' || writeNative(part, stage)) return undefined
  const form = forms[part.tool]
  if (!form) return undefined
  let text = part.arguments
  return {
    delta(delta) {
      if (delta.kind === 'arguments') text += delta.text
    },
    close() {
      stage.traces.set(part.id, beginTrace(form, { ...part, arguments: text }, stage))
    },
  }
}

function beginTrace(form: TraceForm, call: ServerCallPart, stage: Stage): Trace {
  const id = stage.mint(form.prefix)
  const item: Item = { ...form.asked(toolInput(call.arguments), call), id, type: form.type }
  const index = stage.add({ ...item, status: 'in_progress' })
  const tell = (step: string) => stage.emit(`response.${form.type}.${step}`, { item_id: id, output_index: index })
  form.steps.forEach(tell)
  return {
    finish(result) {
      const hasFailed = result?.errorCode !== undefined
      if (!hasFailed) tell('completed')
      const found = result ? form.found(result, item) : {}
      stage.finish(index, { ...item, ...found, status: hasFailed ? 'failed' : 'completed' })
    },
  }
}

export function writeTraceResult(part: ServerResultPart, stage: Stage): void {
  if (writeNative(part, stage)) return
  stage.traces.get(part.id)?.finish(part)
  stage.traces.delete(part.id)
}

function writeNative({ native }: ServerCallPart | ServerResultPart, stage: Stage): boolean {
  if (native?.dialect !== 'openai-responses' || !isRecord(native.value)) return false
  const item = { id: stage.mint('msg'), ...native.value, type: String(native.value.type) }
  stage.finish(stage.add(item), item)
  return true
}
