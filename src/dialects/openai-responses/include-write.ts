import type { ChatRequest } from '../../model/request.ts'
import { logprobsInclude } from './request-read.ts'
import type { Writing } from './writing.ts'

/** `include`. A model that surely never thinks has no encrypted thoughts, and asking for them is an error there. */
export function writeInclude({ native, sampling, tools }: ChatRequest, writing: Writing): Record<string, unknown> {
  const { capabilities, quirks } = writing.target
  const mayThink = capabilities.thinks || capabilities.efforts.length > 0
  const searches = quirks.serverTools.includes('web_search') && tools.some(isSearch)
  const include = new Set([
    ...(Array.isArray(native.include) ? native.include.filter((value) => typeof value === 'string') : []),
    ...(quirks.encryptedReasoning && mayThink ? ['reasoning.encrypted_content'] : []),
    ...(searches && quirks.opaqueItems ? ['web_search_call.action.sources'] : []),
    ...(sampling.logprobs && takesLogprobs(writing) ? [logprobsInclude] : []),
  ])
  return include.size > 0 ? { include: [...include] } : {}
}

const isSearch = (tool: ChatRequest['tools'][number]): boolean => tool.kind === 'server' && tool.tool === 'web_search'

function takesLogprobs(writing: Writing): boolean {
  const isTaken = writing.target.capabilities.sampling !== 'no'
  if (!isTaken) writing.drop('logprobs')
  return isTaken
}
