import { nearestEffort, wantedEffort } from '../../model/effort.ts'
import type { ChatRequest, Effort } from '../../model/request.ts'
import type { Writing } from './writing.ts'

/** Tokens of the answer, within what server and model take. */
export function writeLimits({ maxOutput }: ChatRequest, writing: Writing): Record<string, unknown> {
  if (maxOutput === undefined) return {}
  const { capabilities, quirks } = writing.target
  const limit = Math.max(quirks.minOutput, Math.min(maxOutput, capabilities.maxOutput ?? maxOutput))
  if (limit !== maxOutput) writing.change('max_tokens')
  return { max_output_tokens: limit }
}

/** What this format and this model can be told of chance; the rest is told as lost. */
export function writeSampling(request: ChatRequest, writing: Writing): Record<string, unknown> {
  const { sampling } = request
  const foreign: readonly (readonly [string, unknown, unknown])[] = [
    ['top_k', sampling.topK, undefined],
    ['seed', sampling.seed, undefined],
    ['presence_penalty', sampling.presencePenalty, 0],
    ['frequency_penalty', sampling.frequencyPenalty, 0],
    ['logit_bias', sampling.logitBias && Object.keys(sampling.logitBias).length > 0, false],
  ]
  for (const [field, value, usual] of foreign) if (value !== undefined && value !== usual) writing.drop(field)
  const isAllowed = takesSampling(request, writing)
  return {
    ...ifAllowed('temperature', sampling.temperature, isAllowed, writing),
    ...ifAllowed('top_p', sampling.topP, isAllowed, writing),
    ...(sampling.logprobs && ifAllowed('top_logprobs', sampling.topLogprobs, isAllowed, writing)),
  }
}

function takesSampling({ thinking }: ChatRequest, { target }: Writing): boolean {
  const { sampling } = target.capabilities
  return sampling === 'yes' || (sampling === 'unless_thinking' && wantedEffort(thinking) === 'none')
}

/** 1 is what a model does anyway; many clients say it without meaning it. */
function ifAllowed(
  field: string,
  value: number | undefined,
  isAllowed: boolean,
  writing: Writing,
): Record<string, number> {
  if (value === undefined) return {}
  if (isAllowed) return { [field]: value }
  if (value !== 1 && value !== 0) writing.drop(field)
  else if (field === 'temperature' && value === 0) writing.drop(field)
  return {}
}

/** `reasoning`: a level that the model accepts, and a digest unless the client wants none. */
export function writeThinking({ thinking, format }: ChatRequest, writing: Writing): Record<string, unknown> {
  const effort = acceptedEffort(wantedEffort(thinking), writing)
  const isOn = writing.target.capabilities.thinks ? effort !== 'none' : effort !== undefined && effort !== 'none'
  const own = format === 'openai-responses' && writing.quirks.opaqueItems ? thinking.native : undefined
  if (thinking.native && !own) for (const field of Object.keys(thinking.native)) writing.drop(field)
  const reasoning = {
    ...own,
    ...(effort !== undefined && { effort }),
    ...(isOn && thinking.show !== 'none' && { summary: thinking.summary ?? 'auto' }),
  }
  return Object.keys(reasoning).length > 0 ? { reasoning } : {}
}

function acceptedEffort(wanted: Effort | undefined, writing: Writing): Effort | undefined {
  const { efforts, thinks } = writing.target.capabilities
  if (wanted === undefined || (wanted === 'none' && !thinks && !efforts.includes('none'))) return undefined
  const accepted = nearestEffort(wanted, efforts)
  if (accepted !== wanted) writing.change('reasoning_effort')
  return accepted
}
