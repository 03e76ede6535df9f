import { agentModel } from './agent-models.ts'

/** A model as listings show it. */
export interface ListedModel {
  readonly id: string
  /** Tokens; absent when nobody said. */
  readonly maxInput?: number
  readonly maxOutput?: number
  /** Levels of thinking that can be asked for, rising. */
  readonly efforts?: readonly string[]
}

/** Listings have no birthdays to tell; clients only want the fields to be there. */
const createdSeconds = 1_767_225_600
const createdAt = new Date(createdSeconds * 1000).toISOString()
const owner = 'causeway'

/** The shapes in which clients read a list of models. */
export type ModelsForm = 'anthropic' | 'openai' | 'gemini'

/**
 * Which client is asking: Anthropic's SDKs send `anthropic-version`, Google's a key or a name of their own.
 * @see https://platform.claude.com/docs/en/api/models-list
 */
export function modelsForm(headers: Readonly<Record<string, string>>, isGeminiPath: boolean): ModelsForm {
  if (isGeminiPath || headers['x-goog-api-key'] || headers['x-goog-api-client']) return 'gemini'
  return headers['anthropic-version'] ? 'anthropic' : 'openai'
}

type Writer = {
  readonly one: (model: ListedModel) => Record<string, unknown>
  readonly list: (models: readonly ListedModel[], query: URLSearchParams) => Record<string, unknown>
}

const anthropicOne = ({ id, maxInput, maxOutput }: ListedModel) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: createdAt,
  max_input_tokens: maxInput ?? null,
  max_tokens: maxOutput ?? null,
})

/** `context_length` is what gateways before us have added. */
const openaiOne = ({ id, maxInput }: ListedModel) => ({
  id,
  object: 'model',
  created: createdSeconds,
  owned_by: owner,
  ...(maxInput !== undefined && { context_length: maxInput }),
})

const geminiOne = ({ id, maxInput, maxOutput }: ListedModel) => ({
  name: `models/${id}`,
  version: '1',
  displayName: id,
  ...(maxInput !== undefined && { inputTokenLimit: maxInput }),
  ...(maxOutput !== undefined && { outputTokenLimit: maxOutput }),
  supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
})

const writers: Record<ModelsForm, Writer> = {
  anthropic: { one: anthropicOne, list: anthropicPage },
  openai: {
    one: openaiOne,
    list: (models, query) => ({
      object: 'list',
      data: models.map(openaiOne),
      ...(query.has('client_version') && { models: models.map(agentModel) }),
    }),
  },
  gemini: { one: geminiOne, list: geminiPage },
}

export const writeModel = (form: ModelsForm, model: ListedModel): Record<string, unknown> => writers[form].one(model)

export const writeModels = (
  form: ModelsForm,
  models: readonly ListedModel[],
  query: URLSearchParams,
): Record<string, unknown> => writers[form].list(models, query)

/** Pages by `limit` (20, at most 1000), `after_id`, `before_id`. */
function anthropicPage(models: readonly ListedModel[], query: URLSearchParams): Record<string, unknown> {
  const limit = Math.min(1000, Math.max(1, Number(query.get('limit')) || 20))
  const after = models.findIndex(({ id }) => id === query.get('after_id'))
  const before = models.findIndex(({ id }) => id === query.get('before_id'))
  const page =
    before >= 0 ? models.slice(Math.max(0, before - limit), before) : models.slice(after + 1, after + 1 + limit)
  const hasMore = before >= 0 ? before - limit > 0 : after + 1 + limit < models.length
  return {
    data: page.map(anthropicOne),
    has_more: hasMore,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  }
}

/** Pages by `pageSize` (50, at most 1000) and `pageToken`, which is the position to go on from. */
function geminiPage(models: readonly ListedModel[], query: URLSearchParams): Record<string, unknown> {
  const size = Math.min(1000, Math.max(1, Number(query.get('pageSize')) || 50))
  const from = Math.max(0, Number(query.get('pageToken')) || 0)
  const hasMore = from + size < models.length
  return {
    models: models.slice(from, from + size).map(geminiOne),
    ...(hasMore && { nextPageToken: String(from + size) }),
  }
}
