import { modelDate, type SandboxModel, sandboxModels } from './models.ts'

/** How a vendor lists its models, and shows one. */
export interface ModelListing {
  list(): object
  one(model: SandboxModel): object
}

const anthropicModel = ({ id, title, contextTokens, outputTokens }: SandboxModel): object => ({
  type: 'model',
  id,
  display_name: title,
  created_at: modelDate,
  max_input_tokens: contextTokens,
  max_tokens: outputTokens,
})

/** @see https://docs.claude.com/en/api/models-list */
export const anthropicListing: ModelListing = {
  one: anthropicModel,
  list: () => ({
    data: sandboxModels.map(anthropicModel),
    has_more: false,
    first_id: sandboxModels.at(0)?.id,
    last_id: sandboxModels.at(-1)?.id,
  }),
}

const openaiModel = ({ id }: SandboxModel): object => ({
  id,
  object: 'model',
  created: Date.parse(modelDate) / 1000,
  owned_by: 'causeway-sandbox',
})

/** @see https://platform.openai.com/docs/api-reference/models */
export const openaiListing: ModelListing = {
  one: openaiModel,
  list: () => ({ object: 'list', data: sandboxModels.map(openaiModel) }),
}

const geminiModel = ({ id, title, contextTokens, outputTokens }: SandboxModel): object => ({
  name: `models/${id}`,
  version: '1',
  displayName: title,
  inputTokenLimit: contextTokens,
  outputTokenLimit: outputTokens,
  supportedGenerationMethods: ['generateContent', 'countTokens'],
})

/** @see https://ai.google.dev/api/models */
export const geminiListing: ModelListing = {
  one: geminiModel,
  list: () => ({ models: sandboxModels.map(geminiModel) }),
}
