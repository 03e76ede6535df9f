import type { ChatRequest, OutputFormat, Sampling } from '../../model/request.ts'
import { readGeminiSchema, readJsonSchema } from '../../model/schema.ts'
import { isRecord } from '../../wire/json.ts'
import { type Message, memberOf, readFlag, readMessage, readNumber, readText, readTexts, readWord } from './proto.ts'
import { readThinking } from './thinking.ts'

type ReadConfig = Pick<ChatRequest, 'sampling' | 'thinking' | 'output' | 'maxOutput' | 'native'>

/** `generationConfig`. What has no neutral meaning stays in `native` under its dotted path. */
export function readConfig(config: Message): ReadConfig {
  const maxOutput = readNumber(config.maxOutputTokens)
  const rest = Object.entries(config).filter(([key, value]) => !known.has(key) && value !== null)
  const speech = readMessage(config.speechConfig)
  return {
    sampling: readSampling(config),
    thinking: readThinking(memberOf(config, 'thinkingConfig')),
    output: readOutput(config),
    ...(maxOutput !== undefined && { maxOutput }),
    native: {
      ...Object.fromEntries(rest.map(([key, value]) => [`generationConfig.${key}`, value])),
      ...(speech && voiceOf(speech) === undefined && { 'generationConfig.speechConfig': speech }),
    },
  }
}

const known = new Set([
  'temperature',
  'topP',
  'topK',
  'candidateCount',
  'maxOutputTokens',
  'stopSequences',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseLogprobs',
  'logprobs',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  '_responseJsonSchema',
  'thinkingConfig',
  'responseModalities',
  'speechConfig',
  'imageConfig',
])

const numbers = {
  temperature: 'temperature',
  topP: 'topP',
  topK: 'topK',
  candidateCount: 'n',
  seed: 'seed',
  presencePenalty: 'presencePenalty',
  frequencyPenalty: 'frequencyPenalty',
  logprobs: 'topLogprobs',
} as const satisfies Record<string, keyof Sampling>

function readSampling(config: Message): Sampling {
  const read = Object.entries(numbers).flatMap(([key, name]): [string, number][] => {
    const value = readNumber(config[key])
    return value === undefined ? [] : [[name, value]]
  })
  const stop = readTexts(config.stopSequences).filter((text) => text !== '')
  const logprobs = readFlag(config.responseLogprobs)
  return {
    ...Object.fromEntries(read),
    ...(stop.length > 0 && { stop }),
    ...(logprobs !== undefined && { logprobs }),
  }
}

function readOutput(config: Message): OutputFormat {
  const modalities = readTexts(config.responseModalities).flatMap(
    (text) => modalityWords.find((word) => word === readWord(text, 'modality_')) ?? [],
  )
  const voice = voiceOf(readMessage(config.speechConfig))
  const image = readMessage(config.imageConfig)
  return {
    format: readFormat(config),
    ...(modalities.some((word) => word !== 'text') && { modalities }),
    ...(voice !== undefined && { audio: { voice } }),
    ...(image && { image }),
  }
}

const modalityWords = ['text', 'image', 'audio', 'video'] as const

function readFormat(config: Message): OutputFormat['format'] {
  const mime = readText(config.responseMimeType)?.toLowerCase()
  const json = config.responseJsonSchema ?? config._responseJsonSchema
  const schema = isRecord(json)
    ? readJsonSchema(json)
    : isRecord(config.responseSchema)
      ? readGeminiSchema(config.responseSchema)
      : undefined
  if (mime === 'text/x.enum') return { kind: 'enum', values: readTexts(schema?.enum) }
  if (schema) return { kind: 'schema', schema }
  return mime === 'application/json' ? { kind: 'json' } : { kind: 'text' }
}

/** The name of the one voice, when that is all that is said about speech. */
function voiceOf(speech: Message | undefined): string | undefined {
  if (!speech || Object.keys(speech).some((key) => key !== 'voiceConfig')) return undefined
  return readText(memberOf(memberOf(speech, 'voiceConfig'), 'prebuiltVoiceConfig').voiceName)
}
