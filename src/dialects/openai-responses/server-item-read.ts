import type { MediaPart, Part, SearchHit, ServerCallPart, ServerResultPart } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import { sniffMime } from '../../wire/media.ts'
import type { ItemReader } from './item-read.ts'
import { filled, listOf, recordOf } from './reading.ts'

/** Traces of tools that the vendor ran: each item is a call and its result, and keeps itself for the way back. */
export const serverItemReaders: Readonly<Record<string, ItemReader>> = {
  web_search_call: (item) => traced(item, readSearch(item)),
  file_search_call: (item) => traced(item, readFileSearch(item)),
  code_interpreter_call: (item) => traced(item, readCode(item)),
  mcp_call: (item) => traced(item, readMcp(item)),
  image_generation_call: (item) => traced(item, readImageCall(item)),
}

interface Trace {
  readonly call: Pick<ServerCallPart, 'tool' | 'arguments'> & { readonly name?: string }
  readonly result?: Pick<ServerResultPart, 'hits' | 'output' | 'errorCode'>
  readonly made?: MediaPart
}

function traced(item: Record<string, unknown>, { call, result, made }: Trace): ReturnType<ItemReader> {
  const common = {
    id: filled(item.id) ?? filled(item.call_id) ?? '',
    tool: call.tool,
    name: call.name ?? String(item.type),
  }
  const failed = item.status === 'failed' && { errorCode: 'unavailable' }
  const parts: Part[] = [
    {
      kind: 'server_call',
      ...common,
      arguments: call.arguments,
      native: { dialect: 'openai-responses', value: item },
    },
    ...(result ? [{ kind: 'server_result' as const, ...common, ...failed, ...result }] : []),
    ...(made ? [made] : []),
  ]
  return { role: 'assistant', parts }
}

/** Some servers say what was asked in `arguments`, as functions do, instead of in an object of its own. */
const argumentsOf = (item: Record<string, unknown>, own: Record<string, unknown>): string =>
  filled(item.arguments) ?? JSON.stringify(own)

function readSearch(item: Record<string, unknown>): Trace {
  const action = recordOf(item.action)
  const url = filled(action.url)
  if (action.type !== undefined && action.type !== 'search' && url !== undefined)
    return { call: { tool: 'web_fetch', arguments: JSON.stringify({ url }) }, result: { hits: [{ url, title: url }] } }
  const asked = filled(action.query) !== undefined ? { query: action.query } : { queries: listOf(action.queries) }
  return {
    call: { tool: 'web_search', arguments: argumentsOf(item, asked) },
    result: { hits: listOf(action.sources).flatMap(readSource) },
  }
}

const readSource = (source: unknown): SearchHit[] => {
  const { url, title } = recordOf(source)
  return typeof url === 'string' ? [{ url, title: filled(title) ?? url }] : []
}

const readFileSearch = (item: Record<string, unknown>): Trace => ({
  call: { tool: 'file_search', arguments: JSON.stringify({ queries: listOf(item.queries) }) },
  result: {
    output: listOf(item.results)
      .filter(isRecord)
      .map((result) => `${filled(result.filename) ?? ''}\n${filled(result.text) ?? ''}`.trim())
      .join('\n\n'),
  },
})

const readCode = (item: Record<string, unknown>): Trace => ({
  call: {
    tool: 'code',
    arguments: argumentsOf(item, { code: typeof item.code === 'string' ? item.code : '', language: 'python' }),
  },
  result: {
    output: listOf(item.outputs)
      .flatMap((output) => filled(recordOf(output).logs) ?? [])
      .join('\n'),
  },
})

const readMcp = (item: Record<string, unknown>): Trace => ({
  call: { tool: 'mcp', arguments: filled(item.arguments) ?? '{}', name: filled(item.name) ?? 'mcp_call' },
  result: {
    ...(typeof item.output === 'string' && { output: item.output }),
    ...(isRecord(item.error) && { errorCode: filled(item.error.type) ?? 'mcp_error' }),
  },
})

function readImageCall(item: Record<string, unknown>): Trace {
  const prompt = filled(item.revised_prompt) ?? filled(item.prompt)
  const made = readMade(item)
  return {
    call: { tool: 'image', arguments: JSON.stringify({ ...(prompt !== undefined && { prompt }) }) },
    ...(made && { made }),
  }
}

function readMade(item: Record<string, unknown>): MediaPart | undefined {
  const data = filled(item.result)
  if (data === undefined) return undefined
  const format = filled(item.output_format) ?? 'png'
  const mime = sniffMime(data) ?? (format === 'svg' ? 'image/svg+xml' : `image/${format}`)
  return { kind: 'media', media: 'image', source: { kind: 'base64', data }, mime }
}
