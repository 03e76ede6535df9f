import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { type RunningSandbox, type SeenRequest, startSandbox } from '../../src/sandbox/index.ts'
import { formats } from '../support/formats/format.ts'
import { type Gateway, key, startGateway } from '../support/gateway.ts'
import { ask, type RawAnswer } from '../support/raw.ts'

/** A request as a page of some gateway's documentation prints it; `KEY` stands where the page has its reader put the key. */
interface Sample {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Thinking is asked for, so that it must be in the answer. */
  readonly thinks?: boolean
  /** What of the body must reach the model, whatever its format. */
  readonly carries: readonly string[]
}

const thinking = `{
    "model": "claude-sonnet-4-5-20250929",
    "max_tokens": 2048,
    "temperaure": 0.6,
    "messages": [
        {
            "role": "user",
            "content": "你好克劳德"
        }
    ],
    "thinking": {
        "type": "enabled",
        "budget_tokens": 1024
    }
}`

const image = `{
    "model": "claude-sonnet-4-5-20250929",
    "max_tokens": 1024,
    "messages": [
        {
            "role": "user",
            "content": [
                {
                    "type": "image",
                    "source": {
                        "type": "base64",
                        "media_type": "image/jpeg",
                        "data": "/9j/4AAQSkZJRg..."
                    }
                },
                {
                    "type": "text",
                    "text": "What is in this image?"
                }
            ]
        }
    ]
}`

/** One white pixel; it begins as the page's data does. */
const jpeg =
  '/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4z' +
  'NDL/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AKp//2Q=='

const who = `{
    "model": "claude-3-7-sonnet-20250219",
    "max_tokens": 20000,
    "thinking": {
        "type": "enabled",
        "budget_tokens": 16000
    },
    "messages": [
        {
            "role": "user",
            "content": "你是谁?"
        }
    ]
}`

const assistant = `{
  "model": "claude-sonnet-4-20250514",
  "system": "你是一个智能AI助手,叫小王",
  "messages": [
    {
      "role": "user",
      "content": "你是谁?!"
    }
  ],
  "stream": true,
  "max_tokens": 8000,
  "thinking": {
    "type": "enabled",
    "budget_tokens": 1200
  }
}`

/** The fields that one page lists for this path though they are another format's, each with a value of its documented type. */
const listed = {
  temperature: 1,
  top_p: 1,
  n: 1,
  stop: 'END',
  presence_penalty: 0.5,
  frequency_penalty: -0.5,
  logit_bias: null,
  user: 'user-1234',
  response_format: {},
  seen: 42,
  tools: ['get_weather'],
  tool_choice: {},
}
const withListed = (more: Record<string, unknown>): string =>
  JSON.stringify({
    model: 'claude-sonnet-4-20250514',
    messages: [{ role: 'user', content: '你是谁?!' }],
    ...listed,
    ...more,
  })

const json = { 'content-type': 'application/json' }
const version = { 'anthropic-version': '2023-06-01' }

const samples: Record<string, Sample> = {
  'thinking, a field misspelt, the key in x-api-key': {
    headers: { 'x-api-key': 'KEY', ...version, ...json },
    body: thinking,
    thinks: true,
    carries: ['你好克劳德'],
  },
  'an image': {
    headers: { 'x-api-key': 'KEY', ...version, ...json },
    // The page leaves the data to its reader.
    body: image.replace('/9j/4AAQSkZJRg...', jpeg),
    carries: ['What is in this image?', jpeg],
  },
  'thinking, a key without Bearer, no version': {
    headers: { authorization: 'KEY', ...json },
    body: who,
    thinks: true,
    carries: ['你是谁?'],
  },
  'the same with all documented headers': {
    headers: {
      ...json,
      accept: '*/*',
      'x-api-key': 'KEY',
      authorization: 'Bearer KEY',
      'anthropic-beta': 'output-128k-2025-02-19',
    },
    body: who,
    thinks: true,
    carries: ['你是谁?'],
  },
  'the same with the headers left as they are printed': {
    headers: { ...json, accept: '*/*', 'x-api-key': 'KEY', authorization: 'Bearer {{YOUR_API_KEY}}' },
    body: who,
    thinks: true,
    carries: ['你是谁?'],
  },
  'a stream with thinking': {
    headers: { ...json, accept: 'application/json', authorization: 'Bearer KEY' },
    body: assistant,
    thinks: true,
    carries: ['你是谁?!', '你是一个智能AI助手,叫小王'],
  },
  'all the fields that the page lists, whole': {
    headers: { ...json, accept: 'application/json', authorization: 'Bearer KEY' },
    body: withListed({ stream: false, max_tokens: 100 }),
    carries: ['你是谁?!'],
  },
  'all the fields that the page lists, streamed, without a limit': {
    headers: { ...json, accept: 'application/json', authorization: 'Bearer KEY' },
    body: withListed({ stream: true }),
    carries: ['你是谁?!'],
  },
  'tools and a choice in the other format': {
    headers: { ...json, authorization: 'Bearer KEY' },
    body: withListed({
      max_tokens: 100,
      tools: [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } }],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    }),
    carries: ['你是谁?!', 'get_weather'],
  },
  'a format in the other format': {
    headers: { ...json, authorization: 'Bearer KEY' },
    body: withListed({ max_tokens: 100, tools: undefined, response_format: { type: 'json_object' } }),
    carries: ['你是谁?!'],
  },
}

/** As a documentation tool fills in a form by itself. People do press "Send" on it. */
const placeholder = `{
    "max_tokens": 0,
    "messages": [{ "role": "string", "content": [[[{}]]] }],
    "model": "string",
    "cache_control": { "type": "string", "ttl": "string" },
    "container": "string",
    "inference_geo": "string",
    "metadata": { "user_id": "string" },
    "output_config": { "effort": "string", "format": { "schema": { "key": {} }, "type": "string" } },
    "service_tier": "string",
    "stop_sequences": ["string"],
    "stream": true,
    "system": [[[{}]]],
    "temperature": 0,
    "thinking": { "type": "string", "budget_tokens": 0, "display": "string" },
    "tool_choice": { "type": "string", "disable_parallel_tool_use": true },
    "tools": [{
        "name": "string",
        "type": "string",
        "description": "string",
        "input_schema": { "type": "string", "properties": { "key": {} }, "required": ["string"] },
        "allowed_callers": ["string"],
        "cache_control": { "type": "string", "ttl": "string" },
        "defer_loading": true,
        "eager_input_streaming": true,
        "input_examples": [{ "key": {} }],
        "strict": true,
        "allowed_domains": ["string"],
        "blocked_domains": ["string"],
        "max_uses": 0,
        "user_location": {
            "type": "string", "city": "string", "country": "string", "region": "string", "timezone": "string"
        },
        "citations": { "enabled": true },
        "max_content_tokens": 0,
        "use_cache": true,
        "max_characters": 0
    }],
    "top_k": 0,
    "top_p": 0
}`

const models = [
  'claude-sonnet-4-5-20250929',
  'claude-3-7-sonnet-20250219',
  'claude-sonnet-4-20250514',
  'claude-haiku-4-5-20251001',
  'claude-haiku-3-5-20241022',
  'claude-opus-4-6',
  'claude-opus-4-5-20251101',
  'claude-opus-4-1-20250805',
  'claude-opus-4-20250514',
  'claude-sonnet-4-6',
  'string',
]

const seen: SeenRequest[] = []
let sandbox: RunningSandbox
let gateways: Record<DialectId, Gateway>

beforeAll(async () => {
  sandbox = await startSandbox({ onRequest: (request) => seen.push(request) })
  const started = await Promise.all(
    dialectIds.map(async (id) => {
      const rules = models.map((name) => `{ name: ${name}, upstream: sandbox-1 }`).join(', ')
      const channel = `{ name: one, provider: sandbox, base_url: ${sandbox.url}, keys: [x], dialects: [${id}], models: [${rules}] }`
      return [id, await startGateway(`channels: [${channel}]\nkeys: [{ name: test, key: ${key} }]`)] as const
    }),
  )
  // All ids are there.
  gateways = Object.fromEntries(started) as Record<DialectId, Gateway>
})
afterAll(async () => {
  await Promise.all(Object.values(gateways).map((gateway) => gateway.close()))
  await sandbox.close()
})

const post = (id: DialectId, headers: Sample['headers'], body: string): Promise<RawAnswer> =>
  ask(gateways[id].url, {
    path: '/v1/messages',
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('KEY', () => key)]),
    ),
    body,
  })

describe.each(dialectIds)('the samples of documented clients, answered by %s', (id) => {
  it.each(Object.entries(samples))('%s', async (_, { body, carries, headers, thinks }) => {
    const before = seen.length
    const answer = await post(id, headers, body)
    expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, ''])
    const { model, stream } = JSON.parse(body)
    const { view, viewStream } = formats['anthropic-messages']
    const got = stream ? viewStream(answer.text) : view(JSON.parse(answer.text))
    expect(answer.headers['content-type']).toMatch(stream ? /^text\/event-stream/ : /^application\/json/)
    expect(got).toMatchObject({ model, stop: expect.stringMatching(/end|tool_calls|length/) })
    expect(got.text !== '' || got.calls.length > 0).toBe(true)
    expect(got.usage.output).toBeGreaterThan(0)
    if (thinks) expect(got.thinking).not.toBe('')
    const asked = JSON.stringify(seen[before]?.body)
    for (const text of carries) expect(asked).toContain(text)
    expect(asked).not.toMatch(/temperaure|"seen"/)
  })

  it('an image whose data ends in dots, as it is printed, is answered or refused by its place', async () => {
    const { status, text } = await post(id, { 'x-api-key': 'KEY', ...version, ...json }, image)
    if (status === 200) expect(formats['anthropic-messages'].view(JSON.parse(text)).stop).toBe('end')
    else expect([status, JSON.parse(text).error.message]).toEqual([400, expect.stringMatching(/\bdata\b/)])
  })

  it('every model that a page lists', async () => {
    for (const model of models) {
      const body = JSON.stringify({ model, max_tokens: 16, messages: [{ role: 'user', content: 'Hi' }] })
      expect(await post(id, { 'x-api-key': 'KEY' }, body)).toMatchObject({ status: 200 })
    }
  })

  it('a form that a tool filled in is refused by the name of a field', async () => {
    const before = seen.length
    const answer = await post(
      id,
      { authorization: '', 'anthropic-version': '', 'x-api-key': 'KEY', ...json },
      placeholder,
    )
    expect(answer.status).toBe(400)
    const { error, type } = JSON.parse(answer.text)
    expect({ type, of: error.type }).toEqual({ type: 'error', of: 'invalid_request_error' })
    expect(error.message).toMatch(/messages|role|content|system|max_tokens|thinking|tool|cache_control/)
    // The vendor of the format judges by itself; nobody else is asked.
    expect(seen.length - before).toBe(id === 'anthropic-messages' ? 1 : 0)
  })

  it('and by 401 as it is printed, with no key at all', async () => {
    const answer = await post(id, { authorization: '', 'anthropic-version': '', ...json }, placeholder)
    expect(answer.status).toBe(401)
    expect(JSON.parse(answer.text).error).toMatchObject({
      type: 'authentication_error',
      message: expect.stringMatching(/API key/),
    })
  })
})

it('a beta of the vendor’s goes to the vendor', async () => {
  const before = seen.length
  await post('anthropic-messages', samples['the same with all documented headers']?.headers ?? {}, who)
  expect(seen[before]?.headers).toMatchObject({
    'anthropic-beta': expect.stringContaining('output-128k-2025-02-19'),
    'anthropic-version': '2023-06-01',
  })
})
