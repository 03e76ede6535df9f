import type { ServerToolOffer } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import { type Message, memberOf, readText } from './proto.ts'

/**
 * A server of the Model Context Protocol. Other formats' writers look for `server_url` and `authorization`, which is how
 * the Responses API spells them, so those stand beside the declaration.
 */
export function readMcp(server: Message): ServerToolOffer {
  const name = readText(server.name) ?? 'mcp'
  const transport = memberOf(server, 'streamableHttpTransport')
  const url = readText(transport.url)
  return {
    kind: 'server',
    tool: 'mcp',
    dialect: 'gemini',
    type: 'mcpServers',
    name,
    value: {
      name,
      streamableHttpTransport: transport,
      server_label: name,
      ...(url !== undefined && { server_url: url }),
      ...(isRecord(transport.headers) && { headers: transport.headers }),
    },
  }
}

export function writeMcp({ name, value }: ServerToolOffer): { readonly mcpServers: readonly unknown[] }[] {
  if (value.streamableHttpTransport !== undefined)
    return [{ mcpServers: [{ name, streamableHttpTransport: value.streamableHttpTransport }] }]
  const url = readText(value.server_url) ?? readText(value.url)
  if (url === undefined) return []
  const token = readText(value.authorization) ?? readText(value.authorization_token)
  const headers = {
    ...(isRecord(value.headers) && value.headers),
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  }
  const transport = { url, ...(Object.keys(headers).length > 0 && { headers }) }
  return [{ mcpServers: [{ name, streamableHttpTransport: transport }] }]
}
