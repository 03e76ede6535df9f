import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { frames, type Json } from '../support/formats/format.ts'
import { bare, replies, streams } from './replies.ts'
import { at, type Scripted, startScripted } from './scripted.ts'

let gateway: Scripted
beforeAll(async () => {
  gateway = await startScripted({ 'openai-responses': ['gpt-4o'], 'openai-chat': ['gpt-5.6'] })
})
afterAll(() => gateway.close())

const turns = [{ user: 'Hello' }]

/** The usage as a client's format has it. */
const usageIn: Record<DialectId, (body: Json) => Json> = {
  'anthropic-messages': (body) => body.usage,
  'openai-chat': (body) => body.usage,
  'openai-responses': (body) => body.usage,
  gemini: (body) => body.usageMetadata,
}

/** What the whole answer of `upstream` with this usage is for a client. */
async function told(client: DialectId, upstream: DialectId, usage: Json): Promise<Json> {
  gateway.says({ body: replies[upstream]({ text: 'Hi', usage }) })
  const answer = await gateway.ask(client, { model: at(upstream), turns })
  return usageIn[client](answer.json)
}

const ofAnthropic = {
  input_tokens: 50,
  cache_read_input_tokens: 100,
  cache_creation_input_tokens: 50,
  cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
  output_tokens: 20,
}
const ofChat = {
  prompt_tokens: 200,
  prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 20 },
  completion_tokens: 90,
  completion_tokens_details: { reasoning_tokens: 40 },
  total_tokens: 290,
}
const ofGemini = {
  promptTokenCount: 200,
  cachedContentTokenCount: 50,
  candidatesTokenCount: 30,
  thoughtsTokenCount: 70,
  toolUsePromptTokenCount: 10,
  totalTokenCount: 310,
}

describe('US-01 Anthropic’s cache reads and writes', () => {
  it.each([
    [
      'openai-chat',
      { prompt_tokens: 200, prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 50 }, total_tokens: 220 },
    ],
    [
      'openai-responses',
      { input_tokens: 200, input_tokens_details: { cached_tokens: 100, cache_write_tokens: 50 }, total_tokens: 220 },
    ],
    ['gemini', { promptTokenCount: 200, cachedContentTokenCount: 100, totalTokenCount: 220 }],
  ] as const)('for a client of %s', async (client, wanted) => {
    expect(await told(client, 'anthropic-messages', ofAnthropic)).toMatchObject(wanted)
  })
})

it('US-02 (T86) a chat upstream’s shares are taken apart for an Anthropic client', async () => {
  expect(await told('anthropic-messages', 'openai-chat', ofChat)).toMatchObject({
    input_tokens: 80,
    cache_read_input_tokens: 100,
    cache_creation_input_tokens: 20,
    output_tokens: 90,
    output_tokens_details: { thinking_tokens: 40 },
  })
})

describe('US-03 (T86) Gemini’s thoughts and tool prompts are counted once', () => {
  it.each([
    ['anthropic-messages', { input_tokens: 160, cache_read_input_tokens: 50, output_tokens: 100 }],
    [
      'openai-chat',
      { prompt_tokens: 210, completion_tokens: 100, completion_tokens_details: { reasoning_tokens: 70 } },
    ],
    ['openai-responses', { input_tokens: 210, output_tokens: 100, output_tokens_details: { reasoning_tokens: 70 } }],
  ] as const)('for a client of %s', async (client, wanted) => {
    expect(await told(client, 'gemini', ofGemini)).toMatchObject(wanted)
  })
})

it.each(['anthropic-messages', 'openai-chat', 'openai-responses'] as const)(
  'US-04 of Gemini’s running totals the last counts, client: %s',
  async (client) => {
    const chunks = [1, 2, 3, 4, 5].map((step) => ({
      candidates: [
        {
          content: { role: 'model', parts: [{ text: `${step}` }] },
          index: 0,
          ...(step === 5 && { finishReason: 'STOP' }),
        },
      ],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: step * 10, totalTokenCount: 10 + step * 10 },
    }))
    gateway.says({ stream: chunks.map(bare) })
    const { usage } = await gateway.see(client, { model: at('gemini'), turns, stream: true })
    expect(usage).toMatchObject({ input: 10, output: 50 })
  },
)

it.each([false, true])(
  'US-05 an upstream that tells no usage is estimated, and the log says so; stream: %s',
  async (stream) => {
    const { usage: _, ...whole } = replies['openai-chat']({ text: 'Some words to count.' })
    const withoutUsage = streams['openai-chat']({ text: 'Some words to count.' }).filter(
      (frame) => !frame.includes('prompt_tokens'),
    )
    gateway.says(stream ? { stream: withoutUsage } : { body: whole })
    const { usage } = await gateway.see('anthropic-messages', { model: at('openai-chat'), turns, stream })
    expect(usage.input).toBeGreaterThan(0)
    expect(usage.output).toBeGreaterThan(0)
    expect(lastAnswered()).toMatchObject({ isUsageEstimated: true })
  },
)

const lastAnswered = (): Json | undefined =>
  gateway.gateway.lines.findLast(({ record }) => record.outcome === 'answered')?.record

describe('US-06 (T39) the usage chunk', () => {
  it.each(dialectIds)('is not told to a client that did not ask, upstream: %s', async (upstream) => {
    gateway.says({ stream: streams[upstream]({ text: 'Hi' }) })
    const answer = await gateway.ask(
      'openai-chat',
      { model: at(upstream), turns, stream: true },
      { stream_options: undefined },
    )
    const chunks = frames(answer.text).filter(({ raw }) => raw !== '[DONE]')
    expect(chunks.every(({ data }) => data.choices.length > 0 && !data.usage)).toBe(true)
    expect(answer.text).toMatch(/data: \[DONE\]\s*$/)
  })
  it.each(dialectIds)('has no choices and comes last before [DONE] where asked for, upstream: %s', async (upstream) => {
    gateway.says({ stream: streams[upstream]({ text: 'Hi' }) })
    const answer = await gateway.ask('openai-chat', { model: at(upstream), turns, stream: true })
    const chunks = frames(answer.text)
    expect(chunks.at(-1)?.raw).toBe('[DONE]')
    expect(chunks.at(-2)?.data).toMatchObject({ choices: [], usage: { prompt_tokens: 100, completion_tokens: 20 } })
    expect(chunks.slice(0, -2).every(({ data }) => data.choices.length === 1)).toBe(true)
  })
})

it.each(['openai-chat', 'openai-responses', 'gemini'] as const)(
  'US-07 (T1) an Anthropic client is told an estimate first and the exact count last, upstream: %s',
  async (upstream) => {
    gateway.says({ stream: streams[upstream]({ text: 'Hi' }) })
    const answer = await gateway.ask('anthropic-messages', {
      model: at(upstream),
      turns: [{ user: 'Hello '.repeat(200) }],
      stream: true,
    })
    const events = frames(answer.text)
    const estimate = events[0]?.data.message.usage.input_tokens
    expect(estimate).toBeGreaterThan(100)
    expect(estimate).toBeLessThan(500)
    expect(events.at(-2)?.data.usage).toMatchObject({
      input_tokens: 100,
      cache_read_input_tokens: 0,
      output_tokens: 20,
    })
  },
)

it.each(['openai-chat', 'openai-responses', 'gemini'] as const)(
  'US-08 nulls in message_delta do not undo what message_start said, client: %s',
  async (client) => {
    const stream = streams['anthropic-messages']({ text: 'Hi', usage: ofAnthropic }).map((frame) =>
      frame.replace(
        '"usage":{"output_tokens":20}',
        '"usage":{"output_tokens":20,"input_tokens":null,"cache_read_input_tokens":null}',
      ),
    )
    expect(stream.join('')).toContain('null}')
    gateway.says({ stream })
    const { usage } = await gateway.see(client, { model: at('anthropic-messages'), turns, stream: true })
    expect(usage).toMatchObject({ input: 200, cached: 100, output: 20 })
  },
)

it.each(['anthropic-messages', 'openai-chat', 'gemini'] as const)(
  'US-09 (T56) response.completed has all totals and both details, upstream: %s',
  async (upstream) => {
    gateway.says({ stream: streams[upstream]({ text: 'Hi' }) })
    const answer = await gateway.ask('openai-responses', { model: at(upstream), turns, stream: true })
    expect(frames(answer.text).at(-1)?.data.response.usage).toMatchObject({
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 120,
    })
  },
)

it('US-10 (T10, T11) at most four cache breakpoints go up, our own counted, none on thinking', async () => {
  gateway.says({ body: replies['anthropic-messages']({ text: 'Hi' }) })
  const mark = { cache_control: { type: 'ephemeral' } }
  const messages = ['a', 'b', 'c', 'd', 'e'].flatMap((text) => [
    { role: 'user', content: [{ type: 'text', text, ...mark }] },
    { role: 'assistant', content: 'ok' },
  ])
  const model = at('anthropic-messages')
  await gateway.post('/v1/chat/completions', { model, messages: [...messages, { role: 'user', content: 'f' }] })
  const { body } = gateway.last()
  const marks = JSON.stringify(body).match(/"cache_control"/g) ?? []
  expect(marks.length).toBeGreaterThan(0)
  expect(marks.length).toBeLessThanOrEqual(4)
  expect(JSON.stringify(body.messages).match(/"cache_control"/g)?.length).toBeGreaterThanOrEqual(3)
})

it('US-10 a client that marks nothing is cached automatically', async () => {
  gateway.says({ body: replies['anthropic-messages']({ text: 'Hi' }) })
  await gateway.see('openai-chat', { model: at('anthropic-messages'), turns })
  expect(gateway.last().body.cache_control).toEqual({ type: 'ephemeral' })
})

describe('US-11 service tiers', () => {
  it.each([
    ['auto', 'auto'],
    ['default', 'standard_only'],
    ['priority', 'auto'],
    ['flex', undefined],
  ])('chat’s %s is Anthropic’s %s', async (tier, wanted) => {
    gateway.says({ body: replies['anthropic-messages']({ text: 'Hi' }) })
    await gateway.ask('openai-chat', { model: at('anthropic-messages'), turns }, { service_tier: tier })
    expect(gateway.last().body.service_tier).toBe(wanted)
  })
  it.each([
    ['flex', 'flex'],
    ['priority', 'priority'],
    ['default', 'default'],
  ])('chat’s %s is the Responses API’s %s', async (tier, wanted) => {
    gateway.says({ body: replies['openai-responses']({ text: 'Hi' }) })
    await gateway.ask('openai-chat', { model: at('openai-responses'), turns }, { service_tier: tier })
    expect(gateway.last().body.service_tier).toBe(wanted)
  })
  it.each([
    ['flex', 'flex'],
    ['priority', 'priority'],
    ['default', 'standard'],
  ])('chat’s %s is Gemini’s %s', async (tier, wanted) => {
    gateway.says({ body: replies.gemini({ text: 'Hi' }) })
    await gateway.ask('openai-chat', { model: at('gemini'), turns }, { service_tier: tier })
    expect(gateway.last().body.serviceTier).toBe(wanted)
  })
  it.each([
    ['standard', 'default'],
    ['priority', 'priority'],
  ])('Anthropic’s reply of %s is told to chat clients as %s', async (tier, wanted) => {
    const whole = replies['anthropic-messages']({ text: 'Hi' })
    gateway.says({ body: { ...whole, usage: { ...whole.usage, service_tier: tier } } })
    const answer = await gateway.ask('openai-chat', { model: at('anthropic-messages'), turns })
    expect(answer.json.service_tier).toBe(wanted)
  })
})

describe('US-12 what is metered is the same for every client', () => {
  const rows: readonly (readonly [DialectId, Json, Json])[] = [
    ['anthropic-messages', ofAnthropic, { input: 50, cacheRead: 100, cacheWrite5m: 20, cacheWrite1h: 30, output: 20 }],
    ['openai-chat', ofChat, { input: 80, cacheRead: 100, cacheWrite5m: 20, output: 50, reasoning: 40 }],
    ['gemini', ofGemini, { input: 160, cacheRead: 50, output: 30, reasoning: 70 }],
  ]
  it.each(
    rows.flatMap(([upstream, usage, wanted]) => dialectIds.map((client) => [upstream, client, usage, wanted] as const)),
  )('upstream %s, client %s', async (upstream, client, usage, wanted) => {
    await told(client, upstream, usage)
    expect(lastAnswered()?.usage).toEqual(wanted)
  })
})
