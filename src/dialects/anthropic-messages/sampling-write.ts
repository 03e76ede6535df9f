import type { Capabilities } from '../../model/capability.ts'
import type { Sampling } from '../../model/request.ts'
import type { Concessions } from '../concessions.ts'

interface SamplingAsk {
  readonly sampling: Sampling
  readonly capabilities: Capabilities
  readonly isThinking: boolean
}

/** Temperature and its kin as far as the model takes them. A value that is the default anyway is never told as lost. */
export function writeSampling(ask: SamplingAsk, given: Concessions): Record<string, unknown> {
  loseForeign(ask.sampling, given)
  const isTaken =
    ask.capabilities.sampling === 'yes' || (ask.capabilities.sampling === 'unless_thinking' && !ask.isThinking)
  if (!isTaken) return loseAll(ask.sampling, given)
  return ask.isThinking ? besideThinking(ask.sampling, given) : plain(ask.sampling, given)
}

function plain({ temperature, topP, topK }: Sampling, given: Concessions): Record<string, unknown> {
  if (temperature !== undefined && temperature > 1) given.change('temperature')
  // Newer models refuse the two together.
  const both = temperature !== undefined && topP !== undefined
  if (both && topP !== 1) given.drop('top_p')
  return {
    ...(temperature !== undefined && { temperature: Math.min(1, Math.max(0, temperature)) }),
    ...(topP !== undefined && !both && { top_p: topP }),
    ...(topK !== undefined && topK > 0 && { top_k: Math.floor(topK) }),
  }
}

/** With thinking on, only a `top_p` close to 1 is accepted. */
function besideThinking({ temperature, topP, topK }: Sampling, given: Concessions): Record<string, unknown> {
  if (temperature !== undefined && temperature !== 1) given.drop('temperature')
  if (topK !== undefined && topK > 0) given.drop('top_k')
  if (topP === undefined) return {}
  if (topP < 0.95) given.drop('top_p')
  return topP < 0.95 ? {} : { top_p: topP }
}

function loseAll({ temperature, topP, topK }: Sampling, given: Concessions): Record<string, never> {
  if (temperature !== undefined && temperature !== 1) given.drop('temperature')
  if (topP !== undefined && topP !== 1) given.drop('top_p')
  if (topK !== undefined && topK > 0) given.drop('top_k')
  return {}
}

/** What this format has no field for at all. */
function loseForeign(sampling: Sampling, given: Concessions): void {
  const { seed, presencePenalty, frequencyPenalty, logitBias, logprobs, topLogprobs, n } = sampling
  if (n !== undefined && n > 1) given.refuse('n', 'this model gives one answer at a time: n must be 1')
  if (seed !== undefined) given.drop('seed')
  if (presencePenalty) given.drop('presence_penalty')
  if (frequencyPenalty) given.drop('frequency_penalty')
  if (logitBias && Object.keys(logitBias).length > 0) given.drop('logit_bias')
  if (logprobs || topLogprobs) given.drop('logprobs')
}
