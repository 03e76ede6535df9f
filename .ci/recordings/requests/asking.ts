import type { DialectId } from '../../../src/model/dialect.ts'
import type { Json } from '../../../test/support/formats/format.ts'
import { aliasOf, channelOf, representative } from '../channels.ts'
import type { Question } from '../folder.ts'

/** A question as the client sends it, and who is asked. */
export interface Asking {
  readonly question: Question
  readonly client: DialectId
  readonly upstream: DialectId
  readonly path: string
  readonly body: Json
}

const modelOf = ({ body, path }: Question): string => String(body.model ?? /models\/([^:]+)/.exec(path)?.[1])

/** The models that each channel is asked for under another name. */
export function modelsOf(questions: readonly Question[]): Map<string, Set<string>> {
  const models = new Map<string, Set<string>>()
  for (const question of questions) {
    const { name } = channelOf(question)
    models.set(name, (models.get(name) ?? new Set()).add(modelOf(question)))
  }
  return models
}

/** In its own format a question goes to its own vendor and model, elsewhere to the format's representative. */
export function askingOf(question: Question, upstream: DialectId): Asking | undefined {
  const { format } = question
  if (format === 'bedrock-converse' || (question.isRefused && format !== upstream)) return undefined
  const isSame = format === upstream
  const channel = isSame ? channelOf(question) : representative[upstream]
  const model = isSame ? aliasOf(channel, modelOf(question)) : `${channel.name}/${channel.model}`
  const body = isSame ? question.body : unfetchable(question.body)
  const common = { question, client: format, upstream }
  if (format !== 'gemini') return { ...common, path: paths[format], body: { ...body, model } }
  const action = question.path.includes(':stream') ? 'streamGenerateContent?alt=sse' : 'generateContent'
  return { ...common, path: `/v1beta/models/${model}:${action}`, body }
}

const paths = {
  'anthropic-messages': '/v1/messages',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
} as const

/** Media at an address that is never fetched, so that the check is the same with and without a network. */
const unfetchable = (body: Json): Json =>
  JSON.parse(
    JSON.stringify(body).replaceAll(
      /("(?:url|image_url|document_url|file_url|file_data|fileUri|file_uri)":"https:\/\/)(?!generativelanguage|www\.youtube)[^/"]+/g,
      '$1127.0.0.1',
    ),
  )
