import type { Tier } from '../../model/request.ts'
import { count, noUsage, rest, totalInput, totalOutput, type Usage, usageOf } from '../../model/usage.ts'
import { type Message, readList, readWord } from './proto.ts'
import type { WireModality, WireUsage } from './shapes.ts'

/** Whether the message counts anything: Vertex sends the traffic type alone with most chunks. */
export const hasCounts = (message: Message): boolean =>
  'promptTokenCount' in message || 'candidatesTokenCount' in message || 'totalTokenCount' in message

/**
 * `promptTokenCount` holds the cached tokens and leaves out those that built-in tools put into the prompt;
 * `candidatesTokenCount` leaves out the thoughts.
 * @see https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function readUsage(message: Message, searches = 0): Usage {
  if (searches === 0 && Object.keys(message).length === 0) return noUsage
  const prompt = modalities(message.promptTokensDetails)
  const cached = modalities(message.cacheTokensDetails)
  const answer = modalities(message.candidatesTokensDetails)
  const cacheRead = count(message.cachedContentTokenCount)
  const inputAudio = rest(prompt('audio'), cached('audio'))
  const inputImage = rest(prompt('image'), cached('image'))
  const outputAudio = answer('audio')
  const outputImage = answer('image')
  const tokensIn = count(message.promptTokenCount) + count(message.toolUsePromptTokenCount)
  return usageOf({
    input: rest(tokensIn, cacheRead, inputAudio, inputImage),
    cacheRead,
    inputAudio,
    inputImage,
    output: rest(count(message.candidatesTokenCount), outputAudio, outputImage),
    reasoning: count(message.thoughtsTokenCount),
    outputAudio,
    outputImage,
    searches,
  })
}

/** The tier that served, told as the traffic type by Vertex and in plain words by the developer API. */
export function readTier(message: Message): Tier | undefined {
  return tiers.get(readWord(message.serviceTier) ?? '') ?? tiers.get(readWord(message.trafficType) ?? '')
}

export function writeUsage(usage: Usage, tier?: Tier): WireUsage {
  const promptTokenCount = totalInput(usage)
  const candidatesTokenCount = totalOutput(usage) - usage.reasoning
  const traffic = tier && trafficTypes[tier]
  return {
    promptTokenCount,
    ...(usage.cacheRead > 0 && { cachedContentTokenCount: usage.cacheRead }),
    candidatesTokenCount,
    ...(usage.reasoning > 0 && { thoughtsTokenCount: usage.reasoning }),
    totalTokenCount: promptTokenCount + candidatesTokenCount + usage.reasoning,
    ...details('promptTokensDetails', promptTokenCount, usage.inputAudio, usage.inputImage),
    ...details('candidatesTokensDetails', candidatesTokenCount, usage.outputAudio, usage.outputImage),
    ...(traffic !== undefined && { trafficType: traffic }),
  }
}

const tiers: ReadonlyMap<string, Tier> = new Map([
  ['standard', 'standard'],
  ['flex', 'flex'],
  ['priority', 'priority'],
  ['on_demand', 'standard'],
  ['on_demand_flex', 'flex'],
  ['on_demand_priority', 'priority'],
])

const trafficTypes: Partial<Record<Tier, string>> = {
  standard: 'ON_DEMAND',
  flex: 'ON_DEMAND_FLEX',
  priority: 'ON_DEMAND_PRIORITY',
}

const modalities = (value: unknown): ((modality: string) => number) => {
  const rows = value === undefined ? [] : readList(value)
  return (modality) =>
    rows
      .filter((row) => readWord(row.modality, 'modality_') === modality)
      .reduce((sum, row) => sum + count(row.tokenCount), 0)
}

/** The split by kind, only where there is more than text. */
function details(field: string, total: number, audio: number, image: number): Record<string, readonly WireModality[]> {
  if (audio + image === 0) return {}
  const rows = [
    { modality: 'TEXT', tokenCount: rest(total, audio, image) },
    { modality: 'AUDIO', tokenCount: audio },
    { modality: 'IMAGE', tokenCount: image },
  ]
  return { [field]: rows.filter((row) => row.tokenCount > 0) }
}
