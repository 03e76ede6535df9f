import type { Capabilities } from '../../model/capability.ts'
import { anyModel } from '../../model/capability.ts'
import type { ModelRow } from './row.ts'

type Abilities = Partial<Capabilities>

const budget = (max: number): Abilities => ({ budget: { min: 1024, max, canBeOff: true } })

/** Claude before it thought. */
const silent: Capabilities = {
  ...anyModel,
  efforts: [],
  thinkingForms: [],
  maxOutput: 8192,
  schemaOutput: false,
}

/** Thinks by a budget of tokens; sampling only while it does not think. */
const budgeted: Capabilities = {
  ...silent,
  thinks: true,
  thinkingForms: ['enabled', 'disabled'],
  sampling: 'unless_thinking',
  maxOutput: 64_000,
  ...budget(63_999),
}

const withSchema: Capabilities = { ...budgeted, schemaOutput: true }

/** Opus 4.6 and Sonnet 4.6: both ways of thinking, and no continued assistant turns from here on. */
const both: Capabilities = {
  ...withSchema,
  thinkingForms: ['enabled', 'adaptive', 'disabled'],
  efforts: ['low', 'medium', 'high', 'max'],
  maxOutput: 128_000,
  prefill: false,
  ...budget(127_999),
}

const { budget: _budget, ...withoutBudget } = both

/** From Opus 4.7: thinks as it sees fit, hides thoughts unless asked, takes no sampling. */
const adaptive: Capabilities = {
  ...withoutBudget,
  thinkingForms: ['adaptive', 'disabled'],
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
  hidesThoughts: true,
  sampling: 'no',
  systemTurns: true,
}

const always: Capabilities = { ...adaptive, thinkingForms: ['adaptive'] }
const unforced: Abilities = { forcedTools: false }

/** @see https://platform.claude.com/docs/en/about-claude/models/overview */
export const claudeRows: readonly ModelRow[] = [
  ['claude-', adaptive],
  ['claude-2', { ...silent, maxOutput: 4096, tools: false }],
  ['claude-instant', { ...silent, maxOutput: 4096, tools: false }],
  ['claude-3', { ...silent, maxOutput: 4096 }],
  ['claude-3-5', silent],
  ['claude-3-7', budgeted],
  ['claude-sonnet-4', budgeted],
  ['claude-opus-4', { ...budgeted, maxOutput: 32_000, ...budget(31_999) }],
  ['claude-opus-4-1', { ...withSchema, maxOutput: 32_000, ...budget(31_999) }],
  ['claude-opus-4-5', { ...withSchema, efforts: ['low', 'medium', 'high'] }],
  ['claude-sonnet-4-5', withSchema],
  ['claude-haiku-4-5', withSchema],
  ['claude-sonnet-4-6', both],
  ['claude-opus-4-6', both],
  ['claude-opus-4-7', adaptive],
  ['claude-opus-4-8', adaptive],
  ['claude-sonnet-5', adaptive],
  ['claude-opus-5', adaptive],
  ['claude-haiku-5', adaptive],
  ['claude-sonnet-5-5', { ...adaptive, thinkingForms: ['adaptive', 'between_tools'], ...unforced }],
  ['claude-opus-5-5', { ...always, ...unforced }],
  ['claude-fable-5', always],
  ['claude-fable-5-1', { ...always, ...unforced }],
  ['claude-fable-5-2', { ...always, ...unforced }],
]
