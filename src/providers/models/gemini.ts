import { anyModel, type Capabilities } from '../../model/capability.ts'
import type { ModelRow } from './row.ts'

/** Gemini before it thought; also Gemma. */
const silent: Capabilities = {
  ...anyModel,
  efforts: [],
  thinkingForms: [],
  maxOutput: 8192,
  schemaWithTools: false,
}

/** Gemini 2.5: thinks by a budget of tokens. */
const budgeted: Capabilities = {
  ...silent,
  thinks: true,
  maxOutput: 65_536,
  budget: { min: 0, max: 24_576, canBeOff: true },
}

/** From Gemini 3: thinks by levels, signs its calls. */
const levelled: Capabilities = {
  ...anyModel,
  thinks: true,
  efforts: ['minimal', 'low', 'medium', 'high'],
  thinkingForms: [],
  maxOutput: 65_536,
  signsCalls: true,
}

/** @see https://ai.google.dev/gemini-api/docs/thinking */
export const geminiRows: readonly ModelRow[] = [
  ['gemini-', levelled],
  ['gemini-1', silent],
  ['gemini-2', silent],
  ['gemini-2.0', silent],
  ['gemini-2.5-pro', { ...budgeted, budget: { min: 128, max: 32_768, canBeOff: false } }],
  ['gemini-2.5-flash', budgeted],
  ['gemini-2.5-flash-lite', { ...budgeted, budget: { min: 512, max: 24_576, canBeOff: true } }],
  ['gemini-2.5-flash-image', { ...silent, maxOutput: 32_768, tools: false }],
  ['gemini-3-pro', { ...levelled, efforts: ['low', 'high'] }],
  ['gemini-3-pro-image', { ...levelled, efforts: [], tools: false }],
  ['gemini-3.1-pro', { ...levelled, efforts: ['low', 'medium', 'high'] }],
  ['gemini-4', { ...levelled, efforts: ['low', 'medium', 'high'] }],
  ['gemini-4-hydrogen', { ...levelled, efforts: ['low', 'medium', 'high', 'xhigh'] }],
  ['gemma', { ...silent, tools: false, schemaOutput: false }],
]
