import { foreignTraceMark } from '../../model/envelope.ts'
import type { SearchHit, ServerCallPart, ServerResultPart, ServerTool } from '../../model/part.ts'
import { toolInput } from '../../model/tools/arguments.ts'
import { isRecord } from '../../wire/json.ts'
import type { Block } from './shapes.ts'

const dialect = 'anthropic-messages'

/** Ids by which our request reader knows a trace of another vendor when the client sends it back. */
const traceId = (id: string): string => `${foreignTraceMark}${id.replace(/[^A-Za-z0-9_]/g, '')}`

/** The tools whose traces a client can show, whoever ran them. */
const namesWritten: Partial<Record<ServerTool, string>> = {
  web_search: 'web_search',
  web_fetch: 'web_fetch',
  code: 'code_execution',
}

/** The call for a client; undefined where this format has no such tool. */
export function writeServerCall(part: ServerCallPart): Block | undefined {
  const input = part.arguments === '' ? {} : toolInput(part.arguments)
  if (part.native?.dialect === dialect) return ownBlock(part, input)
  const name = namesWritten[part.tool]
  if (name === undefined) return undefined
  return {
    type: 'server_tool_use',
    id: traceId(part.id),
    name,
    input: Object.keys(input).length === 0 ? {} : foreignInput(input),
    caller: { type: 'direct' },
  }
}

/** The vendor's own block, with the input as far as it was told. */
export function ownBlock(part: ServerCallPart, input: Readonly<Record<string, unknown>>): Block {
  // A native value of this format was read from a block.
  return { ...(part.native?.value as Block), input }
}

/** Other vendors may ask several questions in one call. */
const foreignInput = ({ queries, ...input }: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Array.isArray(queries) ? { ...input, query: input.query ?? queries.join(' | ') } : input

/** The result for a client; undefined where this format has no such tool. */
export function writeServerResult(part: ServerResultPart): Block | undefined {
  // A native value of this format was read from a block.
  if (part.native?.dialect === dialect) return part.native.value as Block
  const name = namesWritten[part.tool]
  if (name === undefined) return undefined
  const content = part.errorCode === undefined ? foreignContent[part.tool]?.(part) : errorContent(name, part.errorCode)
  return { type: `${name}_tool_result`, tool_use_id: traceId(part.id), content, caller: { type: 'direct' } }
}

const errorContent = (name: string, code: string): Block => ({ type: `${name}_tool_result_error`, error_code: code })

const foreignContent: Partial<Record<ServerTool, (part: ServerResultPart) => unknown>> = {
  web_search: ({ hits }) => (hits ?? []).map(writeHit),
  web_fetch: ({ hits, output }) => ({
    type: 'web_fetch_result',
    url: hits?.[0]?.url ?? '',
    retrieved_at: null,
    content: {
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: output ?? '' },
      title: hits?.[0]?.title ?? null,
      citations: null,
    },
  }),
  code: ({ output }) => ({
    type: 'code_execution_result',
    stdout: output ?? '',
    stderr: '',
    return_code: 0,
    content: [],
  }),
}

const writeHit = ({ url, title, age }: SearchHit): Block => ({
  type: 'web_search_result',
  url,
  title,
  encrypted_content: '',
  page_age: age ?? null,
})

/** Whether a call's and result's block is the vendor's own, for the way back to it. */
export const isOwnTrace = ({ native }: ServerCallPart | ServerResultPart): boolean =>
  native?.dialect === dialect && isRecord(native.value)
