import { describe, expect, it } from 'vitest'
import { anyModel, type Capabilities } from '../../src/model/capability.ts'
import { plainName } from '../../src/providers/models/name.ts'
import { capabilitiesOf, isClaude, isGemini } from '../../src/providers/models.ts'

describe('names without what hosts put around them', () => {
  it.each([
    ['claude-sonnet-4-5', 'claude-sonnet-4-5'],
    ['anthropic/claude-sonnet-4.5', 'claude-sonnet-4-5'],
    ['anthropic/claude-4.6-sonnet-20260217', 'claude-sonnet-4-6-20260217'],
    ['anthropic/claude-3.7-sonnet:thinking', 'claude-3-7-sonnet:thinking'],
    ['us.anthropic.claude-opus-4-1-20250805-v1:0', 'claude-opus-4-1-20250805-v1:0'],
    ['global.anthropic.claude-haiku-4-5-20251001-v1:0', 'claude-haiku-4-5-20251001-v1:0'],
    [
      'arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-sonnet-4-20250514-v1:0',
      'claude-sonnet-4-20250514-v1:0',
    ],
    ['claude-opus-4-5@20251101', 'claude-opus-4-5@20251101'],
    ['publishers/google/models/gemini-2.5-pro', 'gemini-2.5-pro'],
    ['models/gemini-2.5-flash', 'gemini-2.5-flash'],
    ['openai.gpt-oss-120b-1:0', 'gpt-oss-120b-1:0'],
    ['us.amazon.nova-2-lite-v1:0', 'nova-2-lite-v1:0'],
    ['deepseek-ai/DeepSeek-R1', 'deepseek-r1'],
    ['@cf/meta/llama-4', 'llama-4'],
  ])('%s', (model, expected) => {
    expect(plainName(model)).toBe(expected)
  })

  it('tells makers apart', () => {
    expect(['claude-x', 'gemini-3', 'gpt-5'].map(isClaude)).toEqual([true, false, false])
    expect(['claude-x', 'gemini-3', 'gpt-5', 'gemma-3'].map(isGemini)).toEqual([false, true, false, true])
  })
})

const low3 = ['low', 'medium', 'high'] as const
const five = [...low3, 'xhigh', 'max'] as const

describe('what models can do', () => {
  it.each<[string, Partial<Capabilities>]>([
    ['claude-3-5-sonnet-20241022', { thinks: false, thinkingForms: [], maxOutput: 8192, prefill: true }],
    ['claude-3-7-sonnet-20250219', { thinkingForms: ['enabled', 'disabled'], efforts: [], schemaOutput: false }],
    ['claude-sonnet-4-20250514', { thinkingForms: ['enabled', 'disabled'], maxOutput: 64_000, schemaOutput: false }],
    ['claude-sonnet-4-0', { thinkingForms: ['enabled', 'disabled'], maxOutput: 64_000 }],
    ['claude-opus-4-1', { maxOutput: 32_000, schemaOutput: true, sampling: 'unless_thinking' }],
    ['claude-opus-4-5', { efforts: low3, maxOutput: 64_000, prefill: true }],
    ['claude-haiku-4-5', { efforts: [], schemaOutput: true }],
    [
      'claude-sonnet-4-6',
      {
        thinkingForms: ['enabled', 'adaptive', 'disabled'],
        efforts: [...low3, 'max'],
        prefill: false,
        maxOutput: 128_000,
        sampling: 'unless_thinking',
      },
    ],
    [
      'claude-opus-4-7',
      { thinkingForms: ['adaptive', 'disabled'], efforts: five, sampling: 'no', hidesThoughts: true },
    ],
    ['claude-opus-5', { thinkingForms: ['adaptive', 'disabled'], efforts: five, forcedTools: true }],
    ['claude-haiku-5-5', { thinkingForms: ['adaptive', 'disabled'], forcedTools: true }],
    ['claude-sonnet-5-5', { thinkingForms: ['adaptive', 'between_tools'], forcedTools: false }],
    ['claude-opus-5-5', { thinkingForms: ['adaptive'], forcedTools: false }],
    ['claude-fable-5', { thinkingForms: ['adaptive'], forcedTools: true }],
    ['claude-fable-5-1', { thinkingForms: ['adaptive'], forcedTools: false }],
    ['gpt-4o-mini', { thinks: false, efforts: [], sampling: 'yes', stopSequences: true }],
    ['gpt-4.1', { thinks: false, maxOutput: 32_768 }],
    ['o3-mini', { thinks: true, efforts: low3, sampling: 'no', stopSequences: false }],
    ['o4-mini-2025-04-16', { efforts: low3, responsesOnly: false }],
    ['o1-pro', { responsesOnly: true }],
    ['gpt-5-mini-2025-08-07', { efforts: ['minimal', ...low3], sampling: 'no' }],
    ['gpt-5-pro', { responsesOnly: true, efforts: ['high'] }],
    ['gpt-5.1', { efforts: ['none', ...low3], sampling: 'unless_thinking' }],
    ['gpt-5.3-codex', { responsesOnly: true }],
    ['gpt-5.4-mini', { efforts: ['none', ...low3, 'xhigh'], sampling: 'unless_thinking', toolsNeedResponses: false }],
    ['gpt-5.6-sol', { efforts: ['none', ...five], toolsNeedResponses: true, cacheBreakpoints: true }],
    ['gpt-5.9', { efforts: ['none', ...five] }],
    ['gpt-6', { efforts: five, sampling: 'no', toolsNeedResponses: true }],
    ['gpt-6-sol', { efforts: ['none', ...five], sampling: 'no' }],
    ['gpt-6.1-terra', { efforts: ['none', ...five] }],
    ['gemini-2.5-pro', { budget: { min: 128, max: 32_768, canBeOff: false }, efforts: [], schemaWithTools: false }],
    ['gemini-2.5-flash', { budget: { min: 0, max: 24_576, canBeOff: true } }],
    ['gemini-2.5-flash-lite', { budget: { min: 512, max: 24_576, canBeOff: true } }],
    ['gemini-3-pro-preview', { efforts: ['low', 'high'], signsCalls: true, schemaWithTools: true }],
    ['gemini-3-flash-preview', { efforts: ['minimal', ...low3], signsCalls: true }],
    ['gemini-3.1-pro', { efforts: low3 }],
    ['gemini-4-hydrogen', { efforts: [...low3, 'xhigh'] }],
    ['deepseek-reasoner', { thinks: true }],
    ['z-ai/glm-4.6', { thinks: true }],
    ['kimi-k2-thinking', { thinks: true }],
    ['grok-4-fast-reasoning', { thinks: true, stopSequences: false }],
    ['grok-4-fast-non-reasoning', { thinks: false }],
    ['sonar-pro', { tools: false }],
    ['sandbox-thinker', { thinks: true, forcedTools: true, tools: true, systemTurns: true, schemaOutput: true }],
  ])('%s', (model, expected) => {
    expect(capabilitiesOf(model)).toMatchObject(expected)
  })

  it.each(['llama-3.3-70b', 'nobody-knows-me', '', 'gpt-50', 'o11'])('assumes the best of %j', (model) => {
    expect(capabilitiesOf(model)).toBe(anyModel)
  })

  it('gives budgets to none but those that take them', () => {
    expect(capabilitiesOf('claude-opus-4-7').budget).toBeUndefined()
    expect(capabilitiesOf('gemini-3-pro').budget).toBeUndefined()
    expect(capabilitiesOf('claude-opus-4').budget).toEqual({ min: 1024, max: 31_999, canBeOff: true })
  })
})
