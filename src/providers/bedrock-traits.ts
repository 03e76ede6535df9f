import { type ModelTraits, plainTraits } from '../dialects/bedrock-converse/quirks.ts'
import { plainName } from './models/name.ts'

const unforced: ModelTraits = { ...plainTraits, forcedTools: false }

/**
 * What the models that Bedrock serves take of Converse, by the beginning of their plain name; the first that fits.
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
const rows: readonly (readonly [prefix: string, traits: ModelTraits])[] = [
  ['claude', { thinking: 'thinking', cachePoints: true, schemaOutput: true, forcedTools: true }],
  ['nova-2', { ...plainTraits, thinking: 'reasoningConfig', cachePoints: true }],
  ['nova', { ...plainTraits, cachePoints: true }],
  ['mistral', plainTraits],
  ['gpt-oss', { ...unforced, thinking: 'reasoning_effort' }],
]

export const traitsOf = (model: string): ModelTraits =>
  rows.find(([prefix]) => plainName(model).startsWith(prefix))?.[1] ?? unforced
