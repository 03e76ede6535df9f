import { isRecord } from '../../wire/json.ts'
import type { IncomingRequest, Target } from '../dialect.ts'
import type { ResponsesQuirks } from './quirks.ts'
import { listOf } from './reading.ts'

type Item = Readonly<Record<string, unknown>>

/**
 * Whether a server of this format can read the body as it is. Many know messages, functions and their results alone and
 * refuse what coding agents send; for those the request is translated, although they speak the client's format.
 */
export function fits({ body }: IncomingRequest, target: Target): boolean {
  // Forwarding is for targets of this format, so its quirks are this format's.
  const quirks = target.quirks as ResponsesQuirks
  const isFull = quirks.customTools && quirks.namespaces && quirks.opaqueItems && quirks.listOutputs
  return (
    isFull ||
    (listOf(body.tools).every((tool) => !isRecord(tool) || knowsTool(tool, quirks)) &&
      listOf(body.input).every((item) => !isRecord(item) || knowsItem(item, quirks)))
  )
}

function knowsTool({ type }: Item, { customTools, namespaces, serverTools, typedTools }: ResponsesQuirks): boolean {
  if (type === 'custom') return customTools
  if (type === 'namespace') return namespaces
  if (type === 'tool_search') return serverTools.includes('tool_search')
  return !typed.has(type) || typedTools.includes(String(type))
}

const typed: ReadonlySet<unknown> = new Set(['shell', 'local_shell', 'apply_patch'])

function knowsItem(item: Item, { customTools, listOutputs, namespaces, opaqueItems }: ResponsesQuirks): boolean {
  switch (item.type) {
    case 'custom_tool_call':
    case 'custom_tool_call_output':
      return customTools
    case 'function_call':
      return namespaces || typeof item.namespace !== 'string'
    case 'function_call_output':
      return listOutputs || !Array.isArray(item.output)
    default:
      return opaqueItems || !unusual.has(item.type)
  }
}

/** Items of agents that only the format's own vendor knows. */
const unusual: ReadonlySet<unknown> = new Set([
  'additional_tools',
  'tool_search_call',
  'tool_search_output',
  'configuration_update',
  'compaction',
])
