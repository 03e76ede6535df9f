import type { ChatEvent } from '../model/event.ts'
import { type Reply, tell } from '../model/reply.ts'
import type { ChatRequest } from '../model/request.ts'
import { usageOf } from '../model/usage.ts'
import type { Prepared } from './prepare.ts'

const sentence =
  'Web search is not available: the model that answers here has no search of its own. Nothing was searched.'

/**
 * The answer to a request for nothing but a web search, by an upstream that cannot search. It is made here: a model that is
 * asked all the same makes results up. Undefined: the request holds more than that, or the upstream searches.
 *
 * Clients that read results in their own form (Claude Code asks for every search in a request of its own) get an error in it.
 */
export function unservedSearch({ way }: Prepared): Iterable<ChatEvent> | undefined {
  if (way.kind !== 'translate' || way.ask.format !== 'anthropic-messages' || !isSearchAlone(way.ask)) return undefined
  const names = new Set(way.ask.tools.map((tool) => ('type' in tool ? tool.type : '')))
  return way.written.lost.some(({ field }) => names.has(field)) ? tell(notSearched) : undefined
}

const isSearchAlone = ({ tools }: ChatRequest): boolean =>
  tools.length > 0 && tools.every((tool) => tool.kind === 'server' && tool.tool === 'web_search')

const search = { id: 'unserved', tool: 'web_search', name: 'web_search' } as const

const notSearched: Reply = {
  parts: [
    { kind: 'server_call', ...search, arguments: '{}' },
    { kind: 'server_result', ...search, errorCode: 'unavailable' },
    { kind: 'text', text: sentence },
  ],
  stop: { reason: 'end' },
  // Nobody was asked, so nothing was used: a zero that is said, not one that is missing.
  usage: usageOf({}),
}
