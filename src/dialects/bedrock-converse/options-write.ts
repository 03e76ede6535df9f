import { changed, dropped } from '../../model/loss.ts'
import type { ChatRequest, Tier } from '../../model/request.ts'
import { isVital } from '../../model/vital.ts'
import type { WireInference, WireRequest } from './shapes.ts'
import type { ThinkingWritten } from './thinking-write.ts'
import type { Writing } from './writing.ts'

/** Output limit, sampling and stop strings. */
export function writeInference(request: ChatRequest, thinking: ThinkingWritten, to: Writing): WireInference {
  const { stop = [] } = request.sampling
  const maxTokens = outputLimit(request, thinking, to)
  return {
    ...(maxTokens !== undefined && { maxTokens }),
    ...writeSampling(request, thinking, to),
    ...(stop.length > 0 && to.capabilities.stopSequences && { stopSequences: [...stop] }),
  }
}

/** Room for the text when the client leaves the limit to us and a budget of thinking needs one. Tokens. */
const textRoom = 8192

function outputLimit({ maxOutput }: ChatRequest, { budget }: ThinkingWritten, to: Writing): number | undefined {
  const most = to.capabilities.maxOutput ?? Number.POSITIVE_INFINITY
  if (maxOutput === undefined) return budget === undefined ? undefined : Math.min(most, budget + textRoom)
  if (maxOutput > most) to.lost.push(changed('max_tokens'))
  return Math.max(1, Math.min(most, maxOutput))
}

function writeSampling({ sampling }: ChatRequest, { isOn }: ThinkingWritten, to: Writing): WireInference {
  const { temperature, topP } = sampling
  const isFree = to.capabilities.sampling === 'yes' || (to.capabilities.sampling === 'unless_thinking' && !isOn)
  if (!isFree) {
    if (temperature !== undefined && temperature !== 1) to.lost.push(dropped('temperature'))
    if (topP !== undefined && topP !== 1) to.lost.push(dropped('top_p'))
    return {}
  }
  if (temperature !== undefined && temperature > 1) to.lost.push(changed('temperature'))
  // Models that take Anthropic's fields refuse the two together.
  const isOne = temperature !== undefined && to.traits.thinking === 'thinking'
  if (isOne && topP !== undefined && topP !== 1) to.lost.push(dropped('top_p'))
  return {
    ...(temperature !== undefined && { temperature: Math.min(1, Math.max(0, temperature)) }),
    ...(topP !== undefined && !isOne && { topP }),
  }
}

/** `top_k` is no field of Converse; models that take Anthropic's fields have it. */
export function writeTopK({ sampling }: ChatRequest, { isOn }: ThinkingWritten, to: Writing): Record<string, unknown> {
  if (sampling.topK === undefined) return {}
  if (to.traits.thinking === 'thinking' && to.capabilities.sampling !== 'no' && !isOn) return { top_k: sampling.topK }
  to.lost.push(dropped('top_k'))
  return {}
}

const tiers: Partial<Record<Tier, string>> = { standard: 'default', priority: 'priority', flex: 'flex' }

export function writeTier({ tier }: ChatRequest, to: Writing): Pick<WireRequest, 'serviceTier'> {
  if (tier === undefined || tier === 'auto') return {}
  const type = tiers[tier]
  if (type === undefined) to.lost.push(dropped('service_tier'))
  return type === undefined ? {} : { serviceTier: { type } }
}

/** Names everything that was said and has no place here. */
export function nameLosses(request: ChatRequest, to: Writing): void {
  const { sampling, output, identity, cache } = request
  const said: Readonly<Record<string, unknown>> = {
    seed: sampling.seed,
    presence_penalty: sampling.presencePenalty || undefined,
    frequency_penalty: sampling.frequencyPenalty || undefined,
    logit_bias: sampling.logitBias,
    logprobs: sampling.logprobs || undefined,
    top_logprobs: sampling.topLogprobs || undefined,
    max_tool_calls: request.maxToolCalls,
    verbosity: output.verbosity,
    user: identity.endUser,
    metadata: identity.metadata,
    prompt_cache_key: cache?.key,
    ...request.native,
  }
  for (const [field, value] of Object.entries(said))
    if (isVital(request, field)) to.refuse(`The model "${to.model}" does not take ${field}.`, field)
    else if (value !== undefined) to.lost.push(dropped(field))
  if (request.turns.some(({ name }) => name !== undefined)) to.lost.push(dropped('name'))
  if ((sampling.n ?? 1) > 1) to.refuse(`The model "${to.model}" gives one answer at a time.`, 'n')
  if (output.modalities?.some((modality) => modality !== 'text'))
    to.refuse(`The model "${to.model}" answers in text.`, 'modalities')
}
