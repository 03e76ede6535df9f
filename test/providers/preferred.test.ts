import { describe, expect, it } from 'vitest'
import { preferredModel } from '../../src/providers/preferred.ts'

describe('the model that is taken when nobody chose', () => {
  it.each<[readonly string[], string | undefined]>([
    [['sandbox-1', 'sandbox-echo', 'sandbox-tools'], 'sandbox-1'],
    [['claude-opus-4-20250514', 'claude-opus-4-5-20251101', 'claude-opus-4-1-20250805'], 'claude-opus-4-5-20251101'],
    [['claude-haiku-4-5', 'claude-sonnet-4-5', 'gpt-5.5'], 'claude-sonnet-4-5'],
    [['gpt-4.1', 'gpt-5', 'gpt-5.1', 'gpt-5.1-mini', 'gpt-5.1-codex', 'gpt-audio'], 'gpt-5.1'],
    [['gemini-2.5-pro', 'gemini-3-pro', 'gemini-3.5-flash', 'gemini-3-pro-image'], 'gemini-3-pro'],
    [['text-embedding-3-large', 'whisper-1', 'llama-3.3-70b'], 'llama-3.3-70b'],
    [['deepseek-v3', 'sandbox-1'], 'deepseek-v3'],
    [['text-embedding-3-large'], undefined],
    [[], undefined],
  ])('%j → %s', (names, expected) => {
    expect(preferredModel(names)).toBe(expected)
  })
})
