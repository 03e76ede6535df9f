import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DialectId } from '../../src/model/dialect.ts'
import type { Json } from '../support/formats/format.ts'
import { at, type Scripted, startScripted } from './scripted.ts'

let gateway: Scripted
beforeAll(async () => {
  gateway = await startScripted()
})
afterAll(() => gateway.close())

/** A counter of each vendor's, that says 42. */
const counters: Record<Exclude<DialectId, 'openai-chat'>, { readonly path: RegExp; readonly body: Json }> = {
  'anthropic-messages': { path: /\/v1\/messages\/count_tokens$/, body: { input_tokens: 42 } },
  'openai-responses': {
    path: /\/v1\/responses\/input_tokens$/,
    body: { object: 'response.input_tokens', input_tokens: 42 },
  },
  gemini: { path: /:countTokens$/, body: { totalTokens: 42 } },
}
const counting = ['anthropic-messages', 'openai-responses', 'gemini'] as const

const messages = [{ role: 'user', content: 'How is the weather in Oslo?' }]
const tools = [{ name: 'get_weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } }]
const contents = [{ role: 'user', parts: [{ text: 'How is the weather in Oslo?' }] }]

const ofAnthropic = (model: string, more: Json = {}) =>
  gateway.post(
    '/v1/messages/count_tokens?beta=true',
    { model, messages, tools, ...more },
    { 'anthropic-version': '2023-06-01' },
  )

it.each(counting)('CT-01 an Anthropic client’s count is the number of %s', async (upstream) => {
  gateway.says({ body: counters[upstream].body })
  const told = await ofAnthropic(at(upstream))
  expect(told.json).toEqual({ input_tokens: 42 })
  const { body, path } = gateway.last()
  expect(path).toMatch(counters[upstream].path)
  // Counters refuse what only an answer has.
  for (const field of ['max_tokens', 'stream', 'max_output_tokens', 'temperature'])
    expect(body).not.toHaveProperty(field)
})

const caching = 'You are a helpful assistant that specializes in caching.'

describe('CT-02 where the upstream has no counter the count is estimated, within 15 %', () => {
  // What vendors billed for these words: OpenAI the first, Google the others.
  it.each<[string, Json, number]>([
    [
      'one text',
      { messages: [{ role: 'user', content: 'The quick brown fox jumps over the lazy dog. '.repeat(40) }] },
      408,
    ],
    [
      'two parts',
      {
        messages: [
          {
            role: 'user',
            content: [
              'Here is some important context to cache.'.repeat(20),
              'Summarize the context in one sentence.',
            ].map((text) => ({ type: 'text', text })),
          },
        ],
      },
      168,
    ],
    [
      'instructions',
      {
        system: [Array(20).fill(caching).join(' '), 'The current focus is distributed systems.'].map((text) => ({
          type: 'text',
          text,
        })),
        messages: [{ role: 'user', content: 'What do you specialize in? Answer in one sentence.' }],
      },
      219,
    ],
  ])('%s', async (_, body, billed) => {
    gateway.says({ status: 500 })
    const told = await gateway.post('/v1/messages/count_tokens', { model: at('openai-chat'), ...body })
    expect(told.status).toBe(200)
    expect(told.headers.get('x-causeway-count')).toBe('estimate')
    expect(told.json.input_tokens).toBeGreaterThan(billed * 0.85)
    expect(told.json.input_tokens).toBeLessThan(billed * 1.15)
    expect(gateway.asked()).toEqual([])
  })
})

it.each([
  ['contents', { contents }],
  [
    'generateContentRequest',
    { generateContentRequest: { model: 'models/x', contents, systemInstruction: { parts: [{ text: 'Be brief.' }] } } },
  ],
])('CT-03 a Gemini client counts at Anthropic by %s', async (_, body) => {
  gateway.says({ body: counters['anthropic-messages'].body })
  const told = await gateway.post(`/v1beta/models/${at('anthropic-messages')}:countTokens`, body)
  expect(told.json).toEqual({ totalTokens: 42 })
  expect(gateway.last().body.messages[0].role).toBe('user')
})

it('CT-03 what a Gemini client wraps is counted whole', async () => {
  gateway.says({ body: counters['anthropic-messages'].body })
  const wrapped = { model: 'models/x', contents, systemInstruction: { parts: [{ text: 'Be brief.' }] } }
  await gateway.post(`/v1beta/models/${at('anthropic-messages')}:countTokens`, { generateContentRequest: wrapped })
  expect(JSON.stringify(gateway.last().body.system)).toContain('Be brief.')
})

it('CT-04 a Responses client counts at Gemini', async () => {
  gateway.says({ body: counters.gemini.body })
  const told = await gateway.post('/v1/responses/input_tokens', { model: at('gemini'), input: 'How is the weather?' })
  expect(told.json).toEqual({ object: 'response.input_tokens', input_tokens: 42 })
})

describe('CT-05 a counter that fails', () => {
  it.each(counting.flatMap((upstream) => [500, 404, 429].map((status) => [upstream, status] as const)))(
    '%s with %d: an estimate and 200',
    async (upstream, status) => {
      gateway.says({ status, body: { error: { message: 'no' } } })
      const told = await ofAnthropic(at(upstream))
      expect(told.status).toBe(200)
      expect(told.json.input_tokens).toBeGreaterThan(10)
      expect(told.headers.get('x-causeway-count')).toBe('estimate')
    },
  )
  it('or is slow: an estimate and 200', async () => {
    gateway.says({ stream: [' '], end: 'stay' })
    const told = await ofAnthropic(at('anthropic-messages'))
    expect(told.status).toBe(200)
    expect(told.json.input_tokens).toBeGreaterThan(10)
  })
})

describe('CT-06 everything is counted', () => {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  const pdf = Buffer.from('%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF').toString('base64')
  const media = (type: string, mime: string, data: string) => ({
    type,
    source: { type: 'base64', media_type: mime, data },
  })
  const history = [
    ...messages,
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'It may be cold.', signature: 'c2ln' },
        { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Oslo' } },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'Snow' }] },
  ]
  it.each([
    [
      'a picture',
      {
        messages: [
          {
            role: 'user',
            content: [media('image', 'image/png', png), { type: 'text', text: 'How is the weather in Oslo?' }],
          },
        ],
      },
    ],
    ['a PDF', { messages: [{ role: 'user', content: [media('document', 'application/pdf', pdf)] }, ...messages] }],
    [
      'tools',
      { tools: [...tools, { name: 'other', description: 'Does something else', input_schema: { type: 'object' } }] },
    ],
    ['a history with thoughts and calls', { messages: history }],
  ])('%s more is more', async (_, more) => {
    const estimate = async (body: Json): Promise<number> =>
      (await ofAnthropic(at('openai-chat'), body)).json.input_tokens
    const [plain, whole] = [await estimate({}), await estimate(more)]
    expect(Number.isInteger(whole)).toBe(true)
    expect(whole).toBeGreaterThan(plain)
  })
})
