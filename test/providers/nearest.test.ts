import { describe, expect, it } from 'vitest'
import { nearestNames } from '../../src/providers/nearest.ts'

const known = ['claude-sonnet-4-5', 'claude-opus-4-5', 'claude-haiku-4-5', 'gpt-5', 'gpt-5-mini', 'gemini-3-pro']

describe('names that may have been meant', () => {
  it.each([
    ['claude-sonet-4-5', ['claude-sonnet-4-5', 'claude-opus-4-5', 'claude-haiku-4-5']],
    ['GPT-5', ['gpt-5']],
    ['gpt5', ['gpt-5']],
    ['gemini-3-por', ['gemini-3-pro']],
    ['something else', []],
    ['', []],
  ])('%j', (name, expected) => {
    expect(nearestNames(name, known)).toEqual(expected)
  })

  it('are as many as asked for', () => {
    expect(nearestNames('claude-sonet-4-5', known, 1)).toEqual(['claude-sonnet-4-5'])
  })

  it('costs little for a long name', () => {
    expect(nearestNames('x'.repeat(100_000), known)).toEqual([])
  })
})
