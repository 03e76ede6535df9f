import type { Part, ServerTool } from '../../model/part.ts'
import { readHit } from './annotations.ts'
import { lookUp, recordOf, records, word } from './reading.ts'

const tools: Readonly<Record<string, ServerTool>> = {
  search: 'web_search',
  browser_search: 'web_search',
  visit: 'web_fetch',
  python: 'code',
  code_execution: 'code',
}

/**
 * A tool that the server ran by itself, told as call and result: `executed_tools: [{type, arguments, output, search_results}]`.
 * In a stream it comes twice, first without its output: that one is passed over.
 * @see https://console.groq.com/docs/compound
 */
export function executedParts(executed: Record<string, unknown>, freshId: string): Part[] {
  const output = word(executed.output)
  const hits = records(recordOf(executed.search_results).results).flatMap(readHit)
  if (output === undefined && hits.length === 0) return []
  const name = word(executed.type) ?? 'tool'
  const shared = { id: `srv_${freshId}`, tool: lookUp(tools, name) ?? 'other', name } as const
  return [
    { kind: 'server_call', ...shared, arguments: word(executed.arguments) ?? '{}' },
    { kind: 'server_result', ...shared, ...(hits.length > 0 && { hits }), ...(output !== undefined && { output }) },
  ]
}
