import type { Tier } from '../../model/request.ts'
import {
  count,
  isCount,
  noUsage,
  rest,
  shared,
  totalInput,
  totalOutput,
  type Usage,
  usageOf,
} from '../../model/usage.ts'
import { type Message, readList, readWord } from './proto.ts'
import type { WireModality, WireUsage } from './shapes.ts'

/** Whether the message counts anything: Vertex sends the traffic type alone with most chunks. */
export const hasCounts = (message: Message): boolean => totals.some((field) => field in message)

const totals = [
  'promptTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'toolUsePromptTokenCount',
  'totalTokenCount',
] as const

/** proto3 JSON leaves out what is zero, so some may be missing, but not the prompt's. */
const areCounts = (message: Message): boolean =>
  isCount(message.promptTokenCount) && totals.every((field) => message[field] == null || isCount(message[field]))

/**
 * Told if all totals are counts. `promptTokenCount` holds the cached tokens and leaves out those that built-in tools put
 * into the prompt; `candidatesTokenCount` leaves out the thoughts.
 * @see https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function readUsage(message: Message, searches = 0): Usage {
  if (!areCounts(message)) return noUsage
  const prompt = modalities(message.promptTokensDetails)
  const cached = modalities(message.cacheTokensDetails)
  const answer = modalities(message.candidatesTokensDetails)
  const read = count(message.promptTokenCount) + count(message.toolUsePromptTokenCount)
  const reasoning = count(message.thoughtsTokenCount)
  const written = isCount(message.candidatesTokenCount)
    ? count(message.candidatesTokenCount)
    : rest(count(message.totalTokenCount), read, reasoning)
  const [cacheRead = 0, inputAudio = 0, inputImage = 0, input = 0] = shared(
    read,
    count(message.cachedContentTokenCount),
    rest(prompt('audio'), cached('audio')),
    rest(prompt('image'), cached('image')),
  )
  const [outputAudio = 0, outputImage = 0, output = 0] = shared(written, answer('audio'), answer('image'))
  return usageOf({
    input,
    cacheRead,
    inputAudio,
    inputImage,
    output,
    reasoning,
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
