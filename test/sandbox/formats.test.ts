import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Conversation, converse, framesOf, type Question, requestOf, spoken } from './speakers.ts'

let sandbox: Conversation
beforeAll(async () => {
  sandbox = await converse()
})
afterAll(() => sandbox.close())

const city = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 2 } },
  required: ['city'],
}
const weather = { name: 'get_weather', schema: city }
const pixel = Buffer.from('89504e470d0a1a0a', 'hex')

interface Case {
  readonly name: string
  readonly question: Question
  readonly heard: object
  readonly end?: 'end' | 'calls' | 'length'
}

const cases: readonly Case[] = [
  {
    name: 'text',
    question: { text: 'hello there' },
    heard: { text: expect.stringContaining('You said: "hello there".'), calls: [], thinking: '' },
  },
  {
    name: 'honesty',
    question: { text: 'who are you' },
    heard: { text: expect.stringContaining("Causeway's sandbox, not a real model") },
  },
  {
    name: 'echo',
    question: { text: 'só, 你好 🌉\n  two', model: 'sandbox-echo' },
    heard: { text: 'só, 你好 🌉\n  two' },
  },
  {
    name: 'thinking on request',
    question: { text: 'why', isThinking: true },
    heard: {
      thinking: expect.stringContaining('The prompt says "why"'),
      text: expect.stringContaining('You said: "why"'),
    },
  },
  {
    name: 'one call with arguments',
    question: { text: 'call get_weather with {"city":"Oslo","deep":{"a":[1,"}"]}}', tools: [weather] },
    heard: { calls: [{ name: 'get_weather', input: { city: 'Oslo', deep: { a: [1, '}'] } } }] },
    end: 'calls',
  },
  {
    name: 'parallel calls',
    question: {
      text: 'call get_weather with {"city":"Oslo"} and use get_weather with {"city":"Rome"}',
      tools: [weather],
    },
    heard: {
      calls: [
        { name: 'get_weather', input: { city: 'Oslo' } },
        { name: 'get_weather', input: { city: 'Rome' } },
      ],
    },
    end: 'calls',
  },
  {
    name: 'arguments from the prompt',
    question: { text: 'get_weather for city: Paris', tools: [weather] },
    heard: { calls: [{ name: 'get_weather', input: { city: 'Paris' } }] },
    end: 'calls',
  },
  {
    name: 'a model that likes tools',
    question: { text: 'anything', tools: [weather], model: 'sandbox-tools' },
    heard: { calls: [{ name: 'get_weather', input: { city: 'anything' } }] },
    end: 'calls',
  },
  { name: 'a tool that nobody asked for', question: { text: 'anything', tools: [weather] }, heard: { calls: [] } },
  {
    name: 'thinking before a call',
    question: { text: 'call get_weather', tools: [weather], isThinking: true },
    heard: {
      thinking: expect.stringContaining('call get_weather'),
      calls: [{ name: 'get_weather', input: { city: 'call get_weather' } }],
    },
    end: 'calls',
  },
  {
    name: 'a schema',
    question: { text: 'city Lima, days 1', schema: city },
    heard: { text: '{"city":"Lima","days":2}' },
  },
  {
    name: 'vision',
    question: { text: 'look', model: 'sandbox-vision', image: { mime: 'image/png', base64: pixel.toString('base64') } },
    heard: {
      text: expect.stringContaining(
        `an image, image/png, 8 bytes, sha256 ${createHash('sha256').update(pixel).digest('hex').slice(0, 12)}`,
      ),
    },
  },
  {
    name: 'the output limit',
    question: { text: 'sandbox: words=90', maxTokens: 17 },
    heard: { output: 17 },
    end: 'length',
  },
  {
    name: 'a length on request',
    question: { text: 'sandbox: words=30' },
    heard: { text: expect.stringMatching(/^word1 .* word30$/), output: 30 },
  },
]

describe.each(spoken)('%s', (_, speaker) => {
  describe.each([false, true])('stream: %s', (isStream) => {
    it.each(cases)('$name', async ({ question, heard, end = 'end' }) => {
      expect(await sandbox.ask(speaker, question, isStream)).toMatchObject({ ...heard, end: speaker.ends[end] })
    })
  })

  it('says the same in a stream and at once, every time', async () => {
    const question = { text: 'call get_weather', tools: [weather], isThinking: true }
    const [first, second, streamed] = [
      await sandbox.ask(speaker, question),
      await sandbox.ask(speaker, question),
      await sandbox.ask(speaker, question, true),
    ]
    expect(second).toEqual(first)
    expect(streamed).toEqual(first)
    expect(first.input).toBeGreaterThan(0)
  })

  it('gives its words one at a time', async () => {
    const [path, body, headers] = requestOf(speaker, { text: 'sandbox: words=40' }, true)
    const text = await (await sandbox.send(path, body, headers)).text()
    expect(framesOf(text).length).toBeGreaterThan(40)
  })

  it('signs every answer as its own', async () => {
    const response = await sandbox.send(...requestOf(speaker, { text: 'hi' }))
    expect(response.headers.get('x-sandbox')).toBe('1')
    expect(response.headers.get(speaker.headers['anthropic-version'] ? 'request-id' : 'x-request-id')).toMatch(/^req_/)
  })

  it('wants a key', async () => {
    const [path, body] = requestOf(speaker, { text: 'hi' })
    const response = await sandbox.send(path, body)
    expect(response.status).toBe(401)
    expect(await response.json()).toHaveProperty('error.message')
  })

  it('knows only its own models', async () => {
    const response = await sandbox.send(...requestOf(speaker, { text: 'hi', model: 'other-1' }))
    expect(response.status).toBe(404)
    expect(JSON.stringify(await response.json())).toContain('other-1')
  })
})
