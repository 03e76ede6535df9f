import { anyModel, type Capabilities } from '../../model/capability.ts'
import type { ModelRow } from './row.ts'

/** Models that answer at once. */
const plain: Capabilities = { ...anyModel, efforts: [], thinkingForms: [], maxOutput: 16_384 }

/** The o series and gpt-5: always think, take neither sampling nor stop strings. */
const thinking: Capabilities = {
  ...anyModel,
  thinks: true,
  efforts: ['low', 'medium', 'high'],
  thinkingForms: [],
  sampling: 'no',
  stopSequences: false,
  prefill: false,
  maxOutput: 100_000,
}

const five: Capabilities = { ...thinking, efforts: ['minimal', 'low', 'medium', 'high'], maxOutput: 128_000 }

/** From gpt-5.1 on thinking can be switched off, and then sampling is taken. */
const switchable: Capabilities = {
  ...five,
  efforts: ['none', 'low', 'medium', 'high'],
  sampling: 'unless_thinking',
}

const fiveTwo: Capabilities = { ...switchable, efforts: ['none', 'low', 'medium', 'high', 'xhigh'] }

const fiveSix: Capabilities = {
  ...switchable,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  toolsNeedResponses: true,
  cacheBreakpoints: true,
}

const six: Capabilities = { ...fiveSix, efforts: ['low', 'medium', 'high', 'xhigh', 'max'], sampling: 'no' }
const sixOff: Capabilities = { ...six, efforts: ['none', ...six.efforts] }

const inResponses = (capabilities: Capabilities): Capabilities => ({ ...capabilities, responsesOnly: true })
const pro = inResponses({ ...five, efforts: ['medium', 'high', 'xhigh'] })

/** `gpt-5.2-pro` and `gpt-5.2-codex` answer through the Responses API alone. */
const withVariants = (prefix: string, capabilities: Capabilities): ModelRow[] => [
  [prefix, capabilities],
  [`${prefix}-pro`, pro],
  [`${prefix}-codex`, inResponses({ ...capabilities, efforts: ['low', 'medium', 'high', 'xhigh'], sampling: 'no' })],
  [`${prefix}-chat`, { ...capabilities, efforts: ['medium'] }],
]

/** @see https://platform.openai.com/docs/models */
export const gptRows: readonly ModelRow[] = [
  ['gpt-3.5', { ...plain, maxOutput: 4096, schemaOutput: false }],
  ['gpt-4', { ...plain, maxOutput: 8192, schemaOutput: false }],
  ['gpt-4-turbo', { ...plain, maxOutput: 4096, schemaOutput: false }],
  ['gpt-4o', plain],
  ['gpt-4o-search', { ...plain, sampling: 'no', tools: false }],
  ['gpt-4o-mini-search', { ...plain, sampling: 'no', tools: false }],
  ['gpt-4.1', { ...plain, maxOutput: 32_768 }],
  ['gpt-4.5', plain],
  ['chatgpt-4o', { ...plain, tools: false }],
  ['o1', thinking],
  ['o1-mini', { ...thinking, efforts: [], tools: false, schemaOutput: false, maxOutput: 65_536 }],
  ['o1-preview', { ...thinking, efforts: [], tools: false, schemaOutput: false, maxOutput: 32_768 }],
  ['o1-pro', inResponses(thinking)],
  ['o3', thinking],
  ['o3-pro', inResponses(thinking)],
  ['o3-deep-research', inResponses({ ...thinking, efforts: ['medium'] })],
  ['o4-mini', thinking],
  ['o4-mini-deep-research', inResponses({ ...thinking, efforts: ['medium'] })],
  ['codex-mini', inResponses(thinking)],
  ['computer-use-preview', inResponses({ ...thinking, efforts: [] })],
  ['gpt-5', five],
  ['gpt-5-chat', { ...plain, tools: false }],
  ['gpt-5-pro', inResponses({ ...five, efforts: ['high'], maxOutput: 272_000 })],
  ['gpt-5-codex', inResponses({ ...five, efforts: ['low', 'medium', 'high'] })],
  ...withVariants('gpt-5.1', switchable),
  // Versions that came after this table was written are most like the latest of their family.
  ['gpt-5.', fiveSix],
  ...withVariants('gpt-5.2', fiveTwo),
  ...withVariants('gpt-5.3', fiveTwo),
  ...withVariants('gpt-5.4', fiveTwo),
  ...withVariants('gpt-5.5', fiveTwo),
  ...withVariants('gpt-5.6', fiveSix),
  ['gpt-6', six],
  ['gpt-6-sol', sixOff],
  ['gpt-6-luna', sixOff],
  ['gpt-6.1', six],
  ['gpt-6.1-terra', sixOff],
]
