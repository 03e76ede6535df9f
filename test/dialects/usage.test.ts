import { describe, expect, it } from 'vitest'
import { dialects, upstreamCodecs } from '../../src/dialects/index.ts'
import type { DialectId } from '../../src/model/dialect.ts'
import { noUsage, type Usage, usageOf } from '../../src/model/usage.ts'
import { capabilitiesOf } from '../../src/providers/models.ts'

type Body = Readonly<Record<string, unknown>>

/** A whole answer with a usage object, and the totals of such an object. */
const formats: Record<
  DialectId,
  { answer: (usage: unknown) => Body; totals: (read: unknown, written: unknown) => Body }
> = {
  'anthropic-messages': {
    answer: (usage) => ({ type: 'message', content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn', usage }),
    totals: (input_tokens, output_tokens) => ({ input_tokens, output_tokens }),
  },
  'openai-chat': {
    answer: (usage) => ({ choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }], usage }),
    totals: (prompt_tokens, completion_tokens) => ({ prompt_tokens, completion_tokens }),
  },
  'openai-responses': {
    answer: (usage) => ({
      status: 'completed',
      output: [{ type: 'message', id: 'msg_1', content: [{ type: 'output_text', text: 'Hi' }] }],
      usage,
    }),
    totals: (input_tokens, output_tokens) => ({ input_tokens, output_tokens }),
  },
  gemini: {
    answer: (usageMetadata) => ({
      candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
      usageMetadata,
    }),
    totals: (promptTokenCount, candidatesTokenCount) => ({ promptTokenCount, candidatesTokenCount }),
  },
}

/** As both ways of an answer read it: forwarded (undefined: none was told), and translated. */
function readings(dialect: DialectId, usage: unknown): { forwarded: Usage | undefined; translated: Usage | undefined } {
  const body = formats[dialect].answer(usage)
  const codec = upstreamCodecs[dialect]
  const target = { model: 'm', capabilities: capabilitiesOf('m'), quirks: codec.quirks }
  const reply = codec.readReply(body, { target, newId: () => 'id' })
  return {
    forwarded: dialects[dialect].forwarding.readReply(body).usage,
    translated: reply.ok ? reply.value.usage : undefined,
  }
}

const nonsense: readonly (readonly [name: string, read: unknown, written: unknown])[] = [
  ['negative numbers', -10, -20],
  ['one negative number', 10, -1],
  ['words', 'ten', 'NaN'],
  ['lists', [10], [20]],
  ['more than anything reads', 1e308, 20],
  ['more than anything writes', 10, 1e12],
  ['no number for what was read', undefined, 20],
  ['null for what was read', null, 20],
]

describe.each(Object.keys(formats) as DialectId[])('usage of %s', (dialect) => {
  const { totals } = formats[dialect]

  it.each<readonly [string, unknown]>([
    ['an empty object', {}],
    ['null', null],
    ['a word', 'some'],
    ...nonsense.map(([name, read, written]) => [name, totals(read, written)] as const),
  ])('that is %s is none', (_, usage) =>
    expect(readings(dialect, usage)).toEqual({ forwarded: undefined, translated: noUsage }),
  )

  it('that says zero is believed', () => {
    const { forwarded, translated } = readings(dialect, totals(0, 0))
    expect([forwarded, translated]).toEqual([usageOf({}), usageOf({})])
    expect(translated).not.toBe(noUsage)
  })

  it('is read', () => {
    const usage = usageOf({ input: 10, output: 20 })
    expect(readings(dialect, totals(10, 20))).toEqual({ forwarded: usage, translated: usage })
  })
})

/** Shares that overlap, or are more than what they are shares of: [format, usage, buckets]. */
const overlaps: readonly (readonly [DialectId, Body, Partial<Usage>])[] = [
  [
    'openai-chat',
    { prompt_tokens: 1000, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 900, audio_tokens: 900 } },
    { cacheRead: 900, inputAudio: 100, output: 20 },
  ],
  [
    'openai-chat',
    {
      prompt_tokens: 1000,
      completion_tokens: 20,
      prompt_tokens_details: { cached_tokens: 700, audio_tokens: 900, cached_tokens_details: { audio_tokens: 650 } },
    },
    { cacheRead: 700, inputAudio: 250, input: 50, output: 20 },
  ],
  [
    'openai-chat',
    { prompt_tokens: 10, completion_tokens: 20, prompt_tokens_details: { audio_tokens: 100_000, image_tokens: 5 } },
    { inputAudio: 10, output: 20 },
  ],
  [
    'openai-chat',
    {
      prompt_tokens: 10,
      completion_tokens: 20,
      total_tokens: 30,
      completion_tokens_details: { audio_tokens: 15, reasoning_tokens: 12 },
    },
    { input: 10, outputAudio: 15, reasoning: 5 },
  ],
  [
    'openai-chat',
    { prompt_tokens: 10, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 8, cache_write_tokens: 8 } },
    { cacheRead: 8, cacheWrite5m: 2, output: 20 },
  ],
  [
    'openai-responses',
    {
      input_tokens: 10,
      output_tokens: 1,
      input_tokens_details: {
        cached_tokens: 8,
        cache_write_tokens: 1000,
        cache_write_tokens_details: { ttl_12h_tokens: 500 },
      },
    },
    { cacheRead: 8, cacheWrite1h: 2, output: 1 },
  ],
  [
    'anthropic-messages',
    {
      input_tokens: 1,
      output_tokens: 1,
      cache_creation_input_tokens: 100,
      cache_creation: { ephemeral_5m_input_tokens: 90, ephemeral_1h_input_tokens: 30 },
    },
    { input: 1, cacheWrite1h: 30, cacheWrite5m: 70, output: 1 },
  ],
  [
    'anthropic-messages',
    {
      input_tokens: 1,
      output_tokens: 1,
      cache_creation: { ephemeral_5m_input_tokens: 7, ephemeral_1h_input_tokens: 5 },
    },
    { input: 1, cacheWrite1h: 5, cacheWrite5m: 7, output: 1 },
  ],
  [
    'gemini',
    {
      promptTokenCount: 10,
      cachedContentTokenCount: 8,
      promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 900 }],
      candidatesTokenCount: 5,
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
    },
    { cacheRead: 8, inputAudio: 2, outputImage: 5 },
  ],
  [
    'gemini',
    { promptTokenCount: 10, totalTokenCount: 35, thoughtsTokenCount: 5 },
    { input: 10, output: 20, reasoning: 5 },
  ],
  ['gemini', { promptTokenCount: 10, totalTokenCount: 10 }, { input: 10 }],
]

describe('shares of usage', () => {
  it.each(overlaps)('%s: %j', (dialect, usage, buckets) => {
    const right = usageOf(buckets)
    expect(readings(dialect, usage)).toEqual({ forwarded: right, translated: right })
  })
})
