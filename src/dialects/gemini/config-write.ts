import type { OutputFormat, Sampling } from '../../model/request.ts'
import { cleanSchema } from '../../model/schema.ts'
import { camelCase } from './proto.ts'
import { writeThinking } from './thinking.ts'
import type { Writing } from './writing.ts'

interface WrittenConfig {
  readonly generationConfig?: Readonly<Record<string, unknown>>
  /** What the model must be told in words instead. */
  readonly instructions: readonly string[]
}

export function writeConfig(writing: Writing): WrittenConfig {
  const { request, target, given } = writing
  const thinking = writeThinking(request, target.capabilities)
  given.add(thinking.lost)
  const format = writeFormat(writing)
  const all = {
    ...writeSampling(writing),
    ...writeLimit(writing),
    ...format.config,
    ...(thinking.config && { thinkingConfig: thinking.config }),
    ...writeModalities(writing),
  }
  const config = Object.fromEntries(Object.entries(all).filter(([field]) => isTaken(field, writing)))
  return {
    ...(Object.keys(config).length > 0 && { generationConfig: config }),
    instructions: format.instructions ?? [],
  }
}

function isTaken(field: string, { target, given }: Writing): boolean {
  const isDropped = target.quirks.drop.includes(field)
  if (isDropped) given.drop(field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
  return !isDropped
}

/** Fields by the client's name of them, and the values that say nothing. */
const samplingFields: readonly {
  readonly from: keyof Sampling
  readonly to: string
  readonly name: string
  readonly idle?: number
}[] = [
  { from: 'temperature', to: 'temperature', name: 'temperature', idle: 1 },
  { from: 'topP', to: 'topP', name: 'top_p', idle: 1 },
  { from: 'topK', to: 'topK', name: 'top_k' },
  { from: 'presencePenalty', to: 'presencePenalty', name: 'presence_penalty', idle: 0 },
  { from: 'frequencyPenalty', to: 'frequencyPenalty', name: 'frequency_penalty', idle: 0 },
]

function writeSampling({ request, target, given }: Writing): Record<string, unknown> {
  const { sampling, thinking } = request
  const takes = target.capabilities.sampling
  const isTaken = takes === 'yes' || (takes === 'unless_thinking' && thinking.mode === 'off')
  const config: Record<string, unknown> = {}
  for (const { from, to, name, idle } of samplingFields) {
    const value = sampling[from]
    if (value === undefined || (value === idle && idle === 0)) continue
    if (isTaken) config[to] = value
    else if (value !== idle) given.drop(name)
  }
  const { seed, n, stop, logprobs, topLogprobs, logitBias } = sampling
  if (logitBias && Object.keys(logitBias).length > 0) given.drop('logit_bias')
  const isNativeStop = stop && stop.length <= mostStops && target.capabilities.stopSequences
  if (topLogprobs !== undefined && topLogprobs > mostLogprobs) given.change('top_logprobs')
  return {
    ...config,
    ...(seed !== undefined && { seed }),
    ...(n !== undefined && n > 1 && { candidateCount: n }),
    ...(isNativeStop && { stopSequences: stop }),
    ...(logprobs !== undefined && logprobs && { responseLogprobs: true }),
    ...(logprobs && topLogprobs !== undefined && { logprobs: Math.min(topLogprobs, mostLogprobs) }),
  }
}

/** More stop strings are looked for in the reply. */
export const mostStops = 5

const mostLogprobs = 20

function writeLimit({ request, target, given }: Writing): Record<string, unknown> {
  const { maxOutput } = request
  if (maxOutput === undefined) return {}
  if (maxOutput < 1) {
    given.refuse('max_tokens', 'this model cannot be asked for no output')
    return {}
  }
  const most = target.capabilities.maxOutput ?? maxOutput
  if (maxOutput > most) given.change('max_tokens')
  return { maxOutputTokens: Math.min(maxOutput, most) }
}

interface WrittenFormat {
  readonly config?: Readonly<Record<string, unknown>>
  readonly instructions?: readonly string[]
}

function writeFormat(writing: Writing): WrittenFormat {
  const { request, target } = writing
  const { format } = request.output
  const json = { responseMimeType: 'application/json' }
  switch (format.kind) {
    case 'text':
      return {}
    case 'json':
      return hasConflict(writing) ? asWords('Reply with one JSON object only.', writing) : { config: json }
    case 'enum':
      if (hasConflict(writing)) return asWords(`Reply with one of these alone: ${format.values.join(', ')}`, writing)
      return { config: { responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: format.values } } }
    case 'schema':
      if (hasConflict(writing) || !target.capabilities.schemaOutput)
        return asWords(`Reply with JSON only, in this JSON schema: ${JSON.stringify(format.schema)}`, writing)
      return { config: { ...json, ...writeSchema(format, writing) } }
  }
}

/** Before Gemini 3, JSON output and functions together are refused. */
const hasConflict = ({ request, target }: Writing): boolean =>
  !target.capabilities.schemaWithTools &&
  request.toolChoice?.mode !== 'none' &&
  request.tools.some((tool) => tool.kind !== 'server' && tool.kind !== 'opaque')

function asWords(instruction: string, { given }: Writing): WrittenFormat {
  given.change('response_format')
  return { instructions: [instruction] }
}

function writeSchema(
  { schema }: Extract<OutputFormat['format'], { kind: 'schema' }>,
  { target, given, isOwn }: Writing,
): Record<string, unknown> {
  const isOld = target.quirks.schemaField === 'openapi'
  if (isOwn && !isOld) return { responseJsonSchema: schema }
  const cleaned = cleanSchema(schema, isOld ? 'gemini-schema' : 'gemini-json')
  if (cleaned.lost.length > 0) given.change('response_format')
  return { [isOld ? 'responseSchema' : 'responseJsonSchema']: cleaned.schema }
}

function writeModalities({ request, given, isOwn }: Writing): Record<string, unknown> {
  const { modalities, audio, image } = request.output
  const speaks = modalities?.includes('audio')
  // Others ask for words and sound together and take the words as the sound's transcript.
  const words = speaks && !isOwn ? ['audio'] : modalities
  if (speaks && !isOwn && audio?.voice !== undefined) given.drop('audio.voice')
  if (image && !isOwn) given.drop('image')
  return {
    ...(words && { responseModalities: words.map((word) => word.toUpperCase()) }),
    ...(isOwn && typeof audio?.voice === 'string' && { speechConfig: speechBy(audio.voice) }),
    ...(isOwn &&
      image && {
        imageConfig: Object.fromEntries(Object.entries(image).map(([key, value]) => [camelCase(key), value])),
      }),
  }
}

const speechBy = (voiceName: string): unknown => ({ voiceConfig: { prebuiltVoiceConfig: { voiceName } } })
