import { anyModel, type Capabilities } from '../../model/capability.ts'
import type { Effort } from '../../model/request.ts'
import type { ModelRow } from './row.ts'

/** Thinks, and can be told not to: by the switch that its server has. */
const thinker: Capabilities = { ...anyModel, thinks: true, efforts: ['none', 'low', 'medium', 'high'] }

const thinking = (...efforts: readonly Effort[]): Capabilities => ({ ...anyModel, thinks: true, efforts })

/** Thinks always; nothing switches it. */
const driven: Capabilities = { ...thinking(), thinkingForms: ['enabled', 'adaptive'] }

/** Answers at once. */
const prompt: Capabilities = { ...anyModel, efforts: [] }

/** Well-known models of other makers that think, or cannot do what most can. */
export const otherRows: readonly ModelRow[] = [
  ['deepseek-reasoner', { ...driven, maxOutput: 65_536 }],
  ['deepseek-r1', driven],
  ['deepseek-v3.1', thinker],
  ['deepseek-v3.2', thinker],
  ['deepseek-v4', thinking('none', 'high', 'max')],
  ['qwq', driven],
  ['qvq', driven],
  ['qwen3', thinker],
  ['qwen-3', thinker],
  ['qwen3-max', thinker],
  ['qwen3-coder', prompt],
  ['qwen-3-coder', prompt],
  ['glm-4.5', thinker],
  ['glm-4.6', thinker],
  ['glm-4.7', thinker],
  ['glm-5', thinking('none', 'high', 'max')],
  ['zai-glm-4', thinker],
  ['kimi-k2-thinking', driven],
  ['kimi-k2.5', thinker],
  ['kimi-k2.6', thinker],
  ['kimi-k3', thinker],
  ['minimax-m', driven],
  ['doubao-seed-1', thinking('minimal', 'low', 'medium', 'high')],
  ['doubao-seed-2', thinking('minimal', 'low', 'medium', 'high')],
  ['hunyuan-t1', driven],
  ['mimo-v2', thinker],
  ['step-3', thinking('low', 'medium', 'high')],
  ['ernie-x1', driven],
  ['magistral', driven],
  ['mistral-small', thinking('none', 'high')],
  ['gpt-oss', thinking('low', 'medium', 'high')],
  ['grok-3-mini', { ...thinking('low', 'high'), stopSequences: false }],
  ['grok-4', { ...thinking(), stopSequences: false }],
  ['grok-4-fast-non-reasoning', prompt],
  ['grok-4-1-fast-non-reasoning', prompt],
  ['grok-4.', { ...thinking('none', 'low', 'medium', 'high'), stopSequences: false }],
  ['grok-code', { ...thinking(), stopSequences: false }],
  ['sonar', { ...prompt, tools: false }],
  ['sonar-reasoning', { ...driven, tools: false }],
  ['sonar-deep-research', { ...thinking('minimal', 'low', 'medium', 'high'), tools: false }],
  ['nova-2', thinking('none', 'low', 'medium', 'high')],
  ['command-a-reasoning', thinking('none', 'high')],
]
