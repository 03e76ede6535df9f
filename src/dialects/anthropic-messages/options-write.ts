import type { Capabilities } from '../../model/capability.ts'
import type { ChatRequest, Tier } from '../../model/request.ts'
import { isVital } from '../../model/vital.ts'
import type { Concessions } from '../concessions.ts'
import type { Target } from '../dialect.ts'
import type { AnthropicQuirks } from './quirks.ts'
import { billingField } from './request-read.ts'

/** `max_tokens`, which this format demands. Without a wish of the client's it is ample, because agents are cut off otherwise. */
export function writeMaxTokens(
  request: ChatRequest,
  { capabilities }: Target,
  quirks: AnthropicQuirks,
  given: Concessions,
) {
  const cap = capabilities.maxOutput ?? Number.MAX_SAFE_INTEGER
  const { maxOutput, thinking } = request
  if (maxOutput !== undefined && maxOutput > cap) given.change('max_tokens')
  return Math.min(cap, maxOutput ?? defaultMaxTokens(quirks, isThinking(thinking, capabilities), thinking.budget))
}

function isThinking({ mode }: ChatRequest['thinking'], { thinks, thinkingForms }: Capabilities): boolean {
  if (mode !== 'default') return mode !== 'off'
  return thinks && !thinkingForms.includes('disabled')
}

/** The output limit where the client gives none; a thinking budget needs room for an answer beside it. */
export const defaultMaxTokens = ({ maxTokens }: AnthropicQuirks, thinks: boolean, budget = 0): number =>
  thinks ? Math.max(maxTokens.thinking, budget + maxTokens.plain) : maxTokens.plain

interface Stops {
  readonly sent: readonly string[]
  readonly emulated: readonly string[]
}

/** Stop strings; blank ones are refused by the vendor. */
export function writeStops({ sampling }: ChatRequest, { stopSequences }: Capabilities, given: Concessions): Stops {
  const stop = sampling.stop ?? []
  const kept = stop.filter((text) => text.trim() !== '')
  if (kept.length < stop.length) given.drop('stop_sequences')
  return stopSequences ? { sent: kept, emulated: [] } : { sent: [], emulated: kept }
}

/** The end user. Other metadata, cache keys and kept state have no place here. */
export function writeIdentity(
  { identity, cache, state, format }: ChatRequest,
  given: Concessions,
): Record<string, unknown> {
  if (identity.metadata) given.drop('metadata')
  if (cache?.key !== undefined) given.drop('prompt_cache_key')
  if (state?.background) given.refuse('background', 'this model does not run in the background')
  if (state?.store && format === 'openai-chat') given.drop('store')
  return identity.endUser === undefined ? {} : { metadata: { user_id: identity.endUser } }
}

const tiersWritten: Partial<Record<Tier, Readonly<Record<string, unknown>>>> = {
  auto: { service_tier: 'auto' },
  standard: { service_tier: 'standard_only' },
  priority: { service_tier: 'auto' },
  fast: { speed: 'fast' },
}

/** `service_tier`, or `speed`. Priority is used by itself where it was bought. */
export function writeTier({ tier }: ChatRequest, given: Concessions): Readonly<Record<string, unknown>> {
  if (tier === undefined) return {}
  if (tier === 'priority') given.change('service_tier')
  const written = tiersWritten[tier]
  if (!written) given.drop('service_tier')
  return written ?? {}
}

/** Documented misspellings and foreign fields that the vendor is known to refuse. */
const refusedFields: ReadonlySet<string> = new Set(['temperaure'])

/** Fields of the client's own format travel on to a target of the same one, and are lost by name elsewhere. */
export function writeNative(
  request: ChatRequest,
  quirks: AnthropicQuirks,
  given: Concessions,
): Record<string, unknown> {
  const isOwn = request.format === 'anthropic-messages'
  const { [billingField]: _billing, ...native } = request.native
  const kept = Object.entries(native).filter(
    ([field]) => isOwn && !refusedFields.has(field) && !quirks.drop.includes(field),
  )
  for (const field of Object.keys(isOwn ? native : request.native))
    if (!isOwn && isVital(request, field)) given.refuse(field, `this model does not take ${field}`)
    else if (!kept.some(([name]) => name === field)) given.drop(field)
  for (const field of request.lost) given.drop(field)
  return Object.fromEntries(kept)
}
