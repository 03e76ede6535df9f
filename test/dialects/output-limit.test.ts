import { describe, expect, it } from 'vitest'
import { dialects } from '../../src/dialects/index.ts'
import type { DialectId } from '../../src/model/dialect.ts'

// Whoever understates what an answer may have would have it for the price of that.

const cases: readonly { readonly format: DialectId; readonly body: object; readonly most: number | undefined }[] = [
  { format: 'openai-chat', body: { max_completion_tokens: 1, max_tokens: 100_000 }, most: 100_000 },
  { format: 'openai-chat', body: { max_completion_tokens: 200, max_tokens: 7 }, most: 200 },
  { format: 'openai-chat', body: { max_output_tokens: 1 }, most: undefined },
  { format: 'openai-chat', body: { max_tokens: 0 }, most: undefined },
  { format: 'openai-chat', body: { max_tokens: -5 }, most: undefined },
  { format: 'openai-chat', body: { max_tokens: 1.5 }, most: 2 },
  { format: 'anthropic-messages', body: { max_tokens: 9, max_completion_tokens: 3 }, most: 9 },
  { format: 'anthropic-messages', body: { max_tokens: 0 }, most: undefined },
  { format: 'openai-responses', body: { max_output_tokens: 0 }, most: undefined },
  { format: 'openai-responses', body: { max_output_tokens: 50 }, most: 50 },
  { format: 'gemini', body: { generationConfig: { maxOutputTokens: -1 } }, most: undefined },
  { format: 'gemini', body: { generation_config: { max_output_tokens: 12 } }, most: 12 },
]

describe('the limit of an answer that its request says', () => {
  it.each(cases)('$format $body: $most', ({ format, body, most }) => {
    const incoming = { body: { model: 'm', ...body }, path: { model: 'm', stream: false } as const, headers: {} }
    const peek = dialects[format].forwarding.peek(incoming)
    expect(peek.ok && peek.value.maxOutput).toBe(most)
  })
})
