import { foreignTraceMark } from '../../model/envelope.ts'
import type { SearchHit, ServerCallPart, ServerResultPart, ServerTool } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import type { Block } from './shapes.ts'

const dialect = 'anthropic-messages'

/** Whether this block is a trace that we told on behalf of another vendor: no vendor must see it again. */
export const isForeignTrace = (block: Readonly<Record<string, unknown>>): boolean =>
  [block.id, block.tool_use_id].some((id) => typeof id === 'string' && id.startsWith(foreignTraceMark))

/** Names of the vendor's own tools, as `server_tool_use.name` and as the front of `…_tool_result`. */
const toolsRead: Readonly<Record<string, ServerTool>> = {
  web_search: 'web_search',
  web_fetch: 'web_fetch',
  code_execution: 'code',
  bash_code_execution: 'code',
  text_editor_code_execution: 'code',
  tool_search: 'tool_search',
  tool_search_tool_regex: 'tool_search',
  tool_search_tool_bm25: 'tool_search',
  mcp: 'mcp',
}

/** `server_tool_use` and `mcp_tool_use`. In a stream `input` is empty here and follows bit by bit. */
export function readServerCall(block: Block): ServerCallPart {
  const name = typeof block.name === 'string' ? block.name : ''
  return {
    kind: 'server_call',
    id: typeof block.id === 'string' ? block.id : '',
    tool: block.type === 'mcp_tool_use' ? 'mcp' : (toolsRead[name] ?? 'other'),
    name,
    arguments: isRecord(block.input) && Object.keys(block.input).length > 0 ? JSON.stringify(block.input) : '',
    native: { dialect, value: block },
  }
}

/** Every `…_tool_result` of the vendor's own tools; always whole, in a stream too. */
export function readServerResult(block: Block): ServerResultPart {
  const name = block.type.replace(/_tool_result$/, '')
  const { content } = block
  const errorCode = isRecord(content) && typeof content.error_code === 'string' ? content.error_code : undefined
  const hits = readHits(content)
  const output = errorCode === undefined ? readOutput(content) : undefined
  return {
    kind: 'server_result',
    id: typeof block.tool_use_id === 'string' ? block.tool_use_id : '',
    tool: toolsRead[name] ?? 'other',
    name,
    ...(hits && { hits }),
    ...(output !== undefined && { output }),
    ...(errorCode !== undefined && { errorCode }),
    native: { dialect, value: block },
  }
}

function readHits(content: unknown): readonly SearchHit[] | undefined {
  const found = Array.isArray(content) ? content : [content]
  const hits = found.flatMap((hit): SearchHit[] => {
    if (!isRecord(hit) || typeof hit.url !== 'string') return []
    const title = typeof hit.title === 'string' ? hit.title : hit.url
    return [{ url: hit.url, title, ...(typeof hit.page_age === 'string' && { age: hit.page_age }) }]
  })
  return hits.length > 0 ? hits : undefined
}

/** What it printed: both outputs of a command, the text of an MCP answer or of advice, the lines of a viewed file. */
function readOutput(content: unknown): string | undefined {
  if (typeof content === 'string') return content
  const sources = Array.isArray(content) ? content : [content]
  const texts = sources.flatMap((source) =>
    isRecord(source) ? [source.stdout, source.stderr, source.text, source.content] : [],
  )
  const printed = texts.filter((text) => typeof text === 'string' && text !== '')
  return printed.length > 0 ? printed.join('\n') : undefined
}
