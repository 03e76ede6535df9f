import type { ServerToolOffer } from '../../model/request.ts'
import type { WireTool } from './shapes.ts'
import type { Writing } from './writing.ts'

type ServerWriter = (tool: ServerToolOffer, writing: Writing) => WireTool

const serverWriters: Partial<Record<ServerToolOffer['tool'], ServerWriter>> = {
  web_search: writeSearch,
  web_fetch: writeSearch,
  code: () => ({ type: 'code_interpreter', container: { type: 'auto' } }),
  tool_search: () => ({ type: 'tool_search' }),
}

/** A tool that the vendor runs; undefined when this one has none like it, which is told or refused. */
export function writeServer(tool: ServerToolOffer, writing: Writing): WireTool | undefined {
  const known = tool.tool === 'web_fetch' ? 'web_search' : tool.tool
  const isOwn = tool.dialect === 'openai-responses'
  if (!writing.quirks.serverTools.includes(known)) {
    if (tool.tool === 'code' || tool.tool === 'mcp')
      writing.refuse('tools', `This model has no tool of type ${tool.type}.`)
    writing.drop(tool.type)
    return undefined
  }
  if (isOwn) return { ...tool.value, type: tool.type }
  if (tool.tool === 'web_fetch') writing.change(tool.type)
  const write = tool.tool === 'mcp' ? writeMcp : serverWriters[tool.tool]
  return write?.(tool, writing)
}

function writeSearch(tool: ServerToolOffer, writing: Writing): WireTool {
  if (tool.blockedDomains) writing.drop('blocked_domains')
  return {
    type: 'web_search',
    ...(tool.allowedDomains && { filters: { allowed_domains: tool.allowedDomains } }),
    ...(tool.location && { user_location: { type: 'approximate', ...tool.location } }),
    ...(tool.contextSize && { search_context_size: tool.contextSize }),
  }
}

/** Servers of other formats say address and token under the same or Anthropic's names; nothing here can ask for approval. */
function writeMcp({ name, value }: ServerToolOffer): WireTool {
  const address = value.server_url ?? value.url
  const token = value.authorization ?? value.authorization_token
  return {
    type: 'mcp',
    server_label: name,
    ...(typeof address === 'string' && { server_url: address }),
    ...(typeof token === 'string' && { authorization: token }),
    ...(Array.isArray(value.allowed_tools) && { allowed_tools: value.allowed_tools }),
    require_approval: 'never',
  }
}
