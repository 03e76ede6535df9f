import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import type { Json } from '../support/formats/format.ts'
import { bare, replies } from './replies.ts'
import { at, type Scripted, startScripted } from './scripted.ts'

let gateway: Scripted
beforeAll(async () => {
  gateway = await startScripted()
})
afterAll(() => gateway.close())

const turns = [{ user: 'Search for snow.' }]
const location = { type: 'approximate', city: 'Oslo', country: 'NO' }
const searching = {
  tools: [
    {
      type: 'web_search_20250305',
      name: 'web_search',
      max_uses: 3,
      allowed_domains: ['yr.no'],
      user_location: location,
    },
  ],
}

it('WS-01 Anthropic’s search is the Responses API’s, with its filters and its limit', async () => {
  gateway.says({ body: replies['openai-responses']({ text: 'Snow' }) })
  const told = await gateway.ask('anthropic-messages', { model: at('openai-responses'), turns }, searching)
  const { body } = gateway.last()
  expect(body.tools).toEqual([
    expect.objectContaining({
      type: 'web_search',
      filters: { allowed_domains: ['yr.no'] },
      user_location: expect.objectContaining({ city: 'Oslo', country: 'NO' }),
    }),
  ])
  expect(body.max_tool_calls).toBe(3)
  expect(told.lost).toEqual([])
})

it('WS-01 Anthropic’s search is Google’s, which takes none of its settings: they are told', async () => {
  gateway.says({ body: replies.gemini({ text: 'Snow' }) })
  const told = await gateway.ask('anthropic-messages', { model: at('gemini'), turns }, searching)
  expect(gateway.last().body.tools).toEqual([{ googleSearch: {} }])
  expect(told.lost.join()).toMatch(/max_uses.*allowed_domains|allowed_domains.*max_uses/)
})

const chinese = '北京今天下雪，气温零下三度。'
const cited = '气温零下三度'
const bytes = (text: string): number => Buffer.byteLength(text)
const startBytes = bytes(chinese.slice(0, chinese.indexOf(cited)))

const grounded = {
  ...replies.gemini({}),
  candidates: [
    {
      index: 0,
      content: { role: 'model', parts: [{ text: chinese }] },
      finishReason: 'STOP',
      groundingMetadata: {
        webSearchQueries: ['北京 天气'],
        groundingChunks: [{ web: { uri: 'https://example.org/weather', title: 'Weather' } }],
        groundingSupports: [
          {
            segment: { startIndex: startBytes, endIndex: startBytes + bytes(cited), text: cited },
            groundingChunkIndices: [0],
          },
        ],
      },
    },
  ],
}

/** The text that an annotation selects, by code points. */
const selected = (text: string, { end_index: end, start_index: start }: Json): string =>
  [...text].slice(start, end).join('')

describe('WS-02 (T87) Gemini’s byte offsets select the same text in code points', () => {
  it.each([false, true])('for a chat client; stream: %s', async (stream) => {
    gateway.says(stream ? { stream: [bare(grounded)] } : { body: grounded })
    const told = await gateway.ask('openai-chat', { model: at('gemini'), turns, stream })
    const annotations: Json[] = stream
      ? [...told.text.matchAll(/^data: (\{.*)$/gm)].flatMap(
          ([, data = '']) => JSON.parse(data).choices[0]?.delta.annotations ?? [],
        )
      : told.json.choices[0].message.annotations
    expect(annotations).toHaveLength(1)
    const [{ url_citation: citation }] = annotations as [Json]
    expect(selected(chinese, citation)).toBe(cited)
    expect(citation).toMatchObject({ url: 'https://example.org/weather', title: 'Weather' })
  })
  it('for a Responses client', async () => {
    gateway.says({ body: grounded })
    const told = await gateway.ask('openai-responses', { model: at('gemini'), turns })
    const message = told.json.output.find(({ type }: Json) => type === 'message')
    const [part] = message.content
    expect(part.annotations).toHaveLength(1)
    expect(selected(part.text, part.annotations[0])).toBe(cited)
    expect(part.annotations[0]).toMatchObject({ type: 'url_citation', url: 'https://example.org/weather' })
  })
})

const text = 'Cold 👋🏽 in Oslo. Warm in Rome.'
const annotated = (() => {
  const whole = replies['openai-responses']({ text })
  const span = (words: string) => {
    const start = [...text.slice(0, text.indexOf(words))].length
    return { start_index: start, end_index: start + [...words].length }
  }
  const citation = (words: string, url: string) => ({ type: 'url_citation', title: words, url, ...span(words) })
  const [message] = whole.output
  const annotations = [
    citation('Cold 👋🏽 in Oslo.', 'https://yr.no/oslo'),
    citation('Warm in Rome.', 'https://yr.no/rome'),
  ]
  return { ...whole, output: [{ ...message, content: [{ ...message.content[0], annotations }] }] }
})()

it('WS-03 the Responses API’s citations are put on the text that they are about, for an Anthropic client', async () => {
  gateway.says({ body: annotated })
  const told = await gateway.ask('anthropic-messages', { model: at('openai-responses'), turns })
  const blocks = told.json.content.filter(({ type }: Json) => type === 'text')
  expect(blocks.map((block: Json) => block.text).join('')).toBe(text)
  const by = blocks.flatMap((block: Json) =>
    (block.citations ?? []).map((one: Json) => [block.text.trim(), one.type, one.url]),
  )
  expect(by).toEqual([
    ['Cold 👋🏽 in Oslo.', 'web_search_result_location', 'https://yr.no/oslo'],
    ['Warm in Rome.', 'web_search_result_location', 'https://yr.no/rome'],
  ])
})

const searched = (() => {
  const whole = replies['openai-responses']({ text: 'Snow in Oslo.' })
  const [message] = whole.output
  const annotations = [{ type: 'url_citation', url: 'https://yr.no', title: 'Yr', start_index: 0, end_index: 13 }]
  const sources = [{ type: 'url', url: 'https://yr.no' }]
  const call = {
    id: 'ws_1',
    type: 'web_search_call',
    status: 'completed',
    action: { type: 'search', query: 'snow', sources },
  }
  return { ...whole, output: [call, { ...message, content: [{ ...message.content[0], annotations }] }] }
})()

describe('WS-04 searches of other vendors’ that an Anthropic client brings back', () => {
  it.each(dialectIds)('are removed before %s sees them', async (upstream) => {
    gateway.says({ body: searched })
    const first = await gateway.see('anthropic-messages', { model: at('openai-responses'), turns })
    const types = first.history.map(({ type }) => type)
    expect(types).toContain('server_tool_use')
    expect(types).toContain('web_search_tool_result')
    gateway.says({ body: replies[upstream]({ text: 'Yes' }) })
    await gateway.see('anthropic-messages', {
      model: at(upstream),
      turns: [...turns, { answer: first }, { user: 'Sure?' }],
    })
    const { text: sent } = gateway.last()
    expect(sent).not.toMatch(/server_tool_use|web_search_tool_result|srvtoolu_|encrypted_index/)
    expect(sent).toContain('Snow in Oslo.')
  })
})

const failedSearch = {
  ...replies['anthropic-messages']({}),
  content: [
    { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'snow' } },
    {
      type: 'web_search_tool_result',
      tool_use_id: 'srvtoolu_1',
      content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
    },
    { type: 'text', text: 'I could not search.', citations: null },
  ],
}

it('WS-05 Anthropic’s failed search is a failed web_search_call, and the text goes on', async () => {
  gateway.says({ body: failedSearch })
  const told = await gateway.ask('openai-responses', { model: at('anthropic-messages'), turns })
  expect(told.json.output.map(({ status, type }: Json) => [type, status])).toEqual([
    ['web_search_call', 'failed'],
    ['message', 'completed'],
  ])
  expect(told.json.output[1].content[0].text).toBe('I could not search.')
})

describe('WS-06 (T33) Claude Code’s search is answered by other vendors with results it can show', () => {
  const answers = { gemini: grounded, 'openai-responses': searched } satisfies Partial<Record<DialectId, Json>>
  const rows = (['gemini', 'openai-responses'] as const).flatMap((upstream) =>
    [false, true].map((stream) => [upstream, stream] as const),
  )
  it.each(rows)('upstream: %s, stream: %s', async (upstream, stream) => {
    gateway.says(stream && upstream === 'gemini' ? { stream: [bare(grounded)] } : { body: answers[upstream] })
    const tools = { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }] }
    const { history } = await gateway.see('anthropic-messages', { model: at(upstream), turns, stream }, tools)
    const hits = history.filter(({ type }) => type === 'web_search_tool_result').flatMap(({ content }) => content)
    expect(hits.length).toBeGreaterThan(0)
    expect(hits[0]).toMatchObject({
      type: 'web_search_result',
      url: expect.stringMatching(/^https:/),
      title: expect.any(String),
    })
    const ids = history.filter(({ type }) => type === 'server_tool_use').map(({ id }) => id)
    expect(ids[0]).toMatch(/^srvtoolu_/)
    // Without being asked for, the Responses API does not say what it found.
    if (upstream === 'openai-responses') expect(gateway.last().body.include).toContain('web_search_call.action.sources')
  })
})
