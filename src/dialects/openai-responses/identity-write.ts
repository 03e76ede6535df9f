import { createHash } from 'node:crypto'
import type { ChatRequest } from '../../model/request.ts'
import { isVital } from '../../model/vital.ts'
import { writeTier } from './usage.ts'
import type { Writing } from './writing.ts'

/** Who asks, at which tier, and under which key prompts are cached. */
export function writeIdentity(request: ChatRequest, writing: Writing): Record<string, unknown> {
  const { endUser, metadata } = request.identity
  const tier = request.tier && writeTier(request.tier)
  if (request.tier && tier === undefined) writing.drop('service_tier')
  const { key, conversation } = request.cache ?? {}
  const cacheKey = key ?? (writing.quirks.cacheKey ? conversation : undefined)
  return {
    ...(endUser !== undefined && { safety_identifier: shortId(endUser) }),
    ...(metadata && { metadata }),
    ...(tier && { service_tier: tier }),
    ...(cacheKey !== undefined && { prompt_cache_key: cacheKey }),
  }
}

/** Identifiers longer than this are refused. */
const longestId = 128
const shortId = (id: string): string => (id.length <= longestId ? id : createHash('sha256').update(id).digest('hex'))

/** Fields of this format's own clients go along; those of others are told as lost. */
export function writeNative(request: ChatRequest, writing: Writing): Record<string, unknown> {
  const { native, format } = request
  const { include: _, ...others } = native
  if (format === 'openai-responses') return writing.quirks.opaqueItems ? others : dropAll(others, writing)
  for (const field of Object.keys(others))
    if (isVital(request, field)) writing.refuse(field, `This model does not take ${field}.`)
  const shared = format === 'openai-chat' ? sharedFields : new Set<string>()
  const kept = Object.entries(others).filter(([field]) => shared.has(field))
  dropAll(Object.fromEntries(Object.entries(others).filter(([field]) => !shared.has(field))), writing)
  return writing.quirks.opaqueItems ? Object.fromEntries(kept) : dropAll(Object.fromEntries(kept), writing)
}

/** Fields that Chat Completions and this format have in common, spelled alike. */
const sharedFields: ReadonlySet<string> = new Set(['moderation', 'prompt_cache_options', 'prompt_cache_retention'])

function dropAll(fields: Record<string, unknown>, writing: Writing): Record<string, never> {
  for (const field of Object.keys(fields)) writing.drop(field)
  return {}
}
