import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats, type Json } from '../support/formats/format.ts'
import { bare, replies } from './replies.ts'
import { at, type Scripted, startScripted } from './scripted.ts'

let gateway: Scripted
beforeAll(async () => {
  gateway = await startScripted(
    { gemini: ['gemma-3-27b-it'] },
    `
  - { name: plain, provider: compatible, base_url: 'URL/plain', keys: [k], dialects: [openai-chat], models: [{ name: plain, upstream: llama }] }
  - { name: tagged, provider: lmstudio, base_url: 'URL/tagged', keys: [k], dialects: [openai-chat], models: [{ name: tagged, upstream: qwq-32b }] }
  - { name: deepseek, provider: deepseek, base_url: 'URL/deepseek', keys: [k], dialects: [openai-chat], models: [{ name: deepseek, upstream: deepseek-v4 }] }
  - { name: search, provider: perplexity, base_url: 'URL/search', keys: [k], dialects: [openai-chat], models: [{ name: search, upstream: sonar }] }`,
  )
})
afterAll(() => gateway.close())

const turns = [{ user: 'Hello' }]
const schema = { type: 'object', properties: { a: { type: 'integer' } } }
const tools = ['f', 'g'].map((name) => ({ name, schema }))

const chunk = (delta: Json, more: Json = {}, usage: Json = {}): string =>
  bare({
    id: 'x',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'llama',
    choices: [{ index: 0, delta, finish_reason: null, ...more }],
    ...usage,
  })
const done = 'data: [DONE]\n\n'
const opening = chunk({ role: 'assistant', content: '' })
const usage = { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } }
const piece = (call: Json): string => chunk({ tool_calls: [call] })
const finished = (why: string): string => chunk({ role: '', content: '' }, { finish_reason: why })

/** Clients of other formats, and the one whose bytes are forwarded as they are. */
const translated = dialectIds.filter((id) => id !== 'openai-chat')

it.each(translated)(
  'CP-01 (T110, T37) calls whose index is always 0 and whose ids are blank are two, client: %s',
  async (client) => {
    const calls = [
      piece({ index: 0, id: '', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }),
      piece({ index: 0, id: '', type: 'function', function: { name: 'g', arguments: '{"a":2}' } }),
    ]
    gateway.says({ stream: [opening, ...calls, finished('tool_calls'), finished('tool_calls'), done] })
    const seen = await gateway.see(client, { model: 'plain', turns, tools, stream: true })
    expect(seen.stop).toBe('tool_calls')
    expect(seen.calls.map(({ input, name }) => [name, input])).toEqual([
      ['f', { a: 1 }],
      ['g', { a: 2 }],
    ])
    const ids = seen.calls.map(({ id }) => id)
    expect(new Set(ids).size).toBe(2)
    expect(ids.every((id) => id.length > 0)).toBe(true)
  },
)

it.each(translated)(
  'CP-02 (T36, T110) a name told again with every piece, or blank later, is told once, client: %s',
  async (client) => {
    const calls = [
      piece({ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }),
      piece({ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a"' } }),
      piece({ index: 0, id: '', function: { name: '', arguments: ':1}' } }),
    ]
    gateway.says({ stream: [opening, ...calls, finished('tool_calls'), done] })
    const seen = await gateway.see(client, { model: 'plain', turns, tools, stream: true })
    expect(seen.calls).toMatchObject([{ name: 'f', input: { a: 1 } }])
  },
)

describe('CP-03 (T111) <think> at the start of the content', () => {
  const said = ['<th', 'ink>Let me', ' see.</th', 'ink>\n\nYes'].map((content) => chunk({ content }))
  const stream = [opening, ...said, finished('stop'), done]
  it.each(translated)('is thinking where the server is known to write it so, client: %s', async (client) => {
    gateway.says({ stream })
    const seen = await gateway.see(client, { model: 'tagged', turns, thinking: true, stream: true })
    expect(seen).toMatchObject({ thinking: 'Let me see.', text: 'Yes' })
  })
  it.each(translated)('is text elsewhere, client: %s', async (client) => {
    gateway.says({ stream })
    const seen = await gateway.see(client, { model: at('openai-chat'), turns, thinking: true, stream: true })
    expect(seen).toMatchObject({ thinking: '', text: '<think>Let me see.</think>\n\nYes' })
  })
})

describe('CP-04 (T106) thoughts go back to a server that wants them, and to no other', () => {
  const call = { id: 'call_1', name: 'f', input: { a: 1 } }
  const loop = async (client: DialectId, model: string): Promise<Json[]> => {
    gateway.says({ body: replies['openai-chat']({ thinking: 'Earlier thought.', text: 'Hi' }) })
    const greeting = await gateway.see(client, { model, thinking: true, turns })
    const asked = [...turns, { answer: greeting }, { user: 'And now?' }]
    gateway.says({ body: replies['openai-chat']({ thinking: 'Need f.', calls: [call] }) })
    const step = await gateway.see(client, { model, thinking: true, turns: asked, tools })
    gateway.says({ body: replies['openai-chat']({ text: 'Done' }) })
    const results = step.calls.map((one) => ({ call: one, text: 'ok' }))
    await gateway.see(client, { model, thinking: true, turns: [...asked, { answer: step }, { results }], tools })
    return gateway.last().body.messages.filter(({ role }: Json) => role === 'assistant')
  }
  it.each(['anthropic-messages', 'openai-responses'] as const)('in the loop under way, client: %s', async (client) => {
    const [before, inLoop] = await loop(client, 'deepseek')
    expect(before).not.toHaveProperty('reasoning_content')
    expect(inLoop?.reasoning_content).toBe('Need f.')
  })
  it('never where the field is unknown', async () => {
    const messages = await loop('anthropic-messages', at('openai-chat'))
    expect(JSON.stringify(messages)).not.toMatch(/reasoning_content|Need f\./)
  })
})

describe('CP-05 (T110) no [DONE]', () => {
  it.each(dialectIds)('after a finish_reason it is an end, client: %s', async (client) => {
    gateway.says({ stream: [opening, chunk({ content: 'Hi' }), finished('stop')] })
    const told = await gateway.ask(client, { model: 'plain', turns, stream: true })
    expect(told.status).toBe(200)
    expect(told.text).toContain('Hi')
    // A forwarded stream is the server's own, which had no [DONE].
    if (client !== 'openai-chat')
      expect(formats[client].viewStream(told.text)).toMatchObject({ text: 'Hi', stop: 'end' })
    expect(told.text).not.toMatch(/"error":\{/)
  })
  it.each(['anthropic-messages', 'openai-chat', 'openai-responses'] as const)(
    'without one it is an error, client: %s',
    async (client) => {
      gateway.says({ stream: [opening, chunk({ content: 'Hi' })] })
      const told = await gateway.ask(client, { model: 'plain', turns, stream: true })
      expect(told.text).toMatch(/"error":\{/)
    },
  )
})

describe('CP-06 (T110) usage is counted once', () => {
  const text = ['a', 'b', 'c']
  const cumulative = (position: number): Json => ({
    usage: { prompt_tokens: 10, completion_tokens: position + 3, total_tokens: position + 13 },
  })
  const streams: Readonly<Record<string, string[]>> = {
    'on the chunk of the finish_reason': [
      opening,
      ...text.map((content) => chunk({ content })),
      chunk({}, { finish_reason: 'stop' }, usage),
      done,
    ],
    'on a later chunk': [
      opening,
      ...text.map((content) => chunk({ content })),
      finished('stop'),
      bare({ id: 'x', object: 'chat.completion.chunk', choices: [], ...usage }),
      done,
    ],
    'as a running total on every chunk': [
      opening,
      ...text.map((content, position) => chunk({ content }, {}, cumulative(position))),
      chunk({}, { finish_reason: 'stop' }, usage),
      done,
    ],
  }
  it.each(Object.keys(streams).flatMap((name) => translated.map((client) => [name, client] as const)))(
    '%s, client: %s',
    async (name, client) => {
      gateway.says({ stream: streams[name] ?? [] })
      const seen = await gateway.see(client, { model: 'plain', turns, stream: true })
      expect(seen.usage).toMatchObject({ input: 10, output: 5 })
      expect(gateway.gateway.lines.at(-1)?.record.usage).toEqual({ input: 10, output: 5 })
    },
  )
  it.each(Object.keys(streams))('%s, forwarded', async (name) => {
    gateway.says({ stream: streams[name] ?? [] })
    await gateway.ask('openai-chat', { model: 'plain', turns, stream: true })
    expect(gateway.gateway.lines.at(-1)?.record.usage).toEqual({ input: 10, output: 5 })
  })
})

it.each(dialectIds.flatMap((client) => [false, true].map((stream) => [client, stream] as const)))(
  'CP-07 (T112) an error in a 200 is an error with its own status, client: %s, stream: %s',
  async (client, stream) => {
    gateway.says({
      body: { error: { message: 'Model is loading', type: 'server_error', code: 'server_is_overloaded' } },
    })
    const told = await gateway.ask(client, { model: 'plain', turns, stream })
    expect(told.status).toBeGreaterThanOrEqual(500)
    expect(told.headers.get('content-type')).toMatch(/^application\/json/)
    expect(told.json.error.message).toContain('Model is loading')
  },
)

it.each(translated)('CP-08 tools for a model that has none are refused, naming it, client: %s', async (client) => {
  gateway.says({ body: replies['openai-chat']({ text: 'Hi' }) })
  const told = await gateway.ask(client, { model: 'search', turns, tools })
  expect(told.status).toBe(400)
  expect(told.text).toMatch(/tools/)
  expect(told.text).toMatch(/search|sonar/)
  expect(gateway.asked()).toEqual([])
})
