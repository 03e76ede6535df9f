import { describe, expect, it } from 'vitest'
import { contextWindow } from '../../src/providers/catalogue.ts'
import { provider } from '../../src/providers/index.ts'

const windowOf = (id: string, model: string): number | undefined => {
  const found = provider(id)
  if (!found) throw new Error(`no provider ${id}`)
  return contextWindow(found, model)
}

describe('the context window of a model', () => {
  it('is the vendor’s own', () => {
    expect(windowOf('openai', 'gpt-4o')).toBe(128_000)
    expect(windowOf('anthropic', 'claude-sonnet-4-5')).toBe(200_000)
  })

  it('is that of the model’s maker where its seller is not in the catalogue', () => {
    expect(windowOf('litellm', 'gpt-4o')).toBe(128_000)
  })

  it('is unknown where nobody said', () => {
    expect(windowOf('openai', 'no-such-model')).toBeUndefined()
    expect(windowOf('sandbox', 'sandbox-1')).toBeUndefined()
  })
})
