import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialectIds } from '../../src/model/dialect.ts'
import type { Json } from '../support/formats/format.ts'
import { answeredOtherwise, caseCounts, notOurs, trapCount } from './coverage.ts'
import { replies, type Said, streams } from './replies.ts'
import { at, type Scripted, startScripted } from './scripted.ts'

let gateway: Scripted
beforeAll(async () => {
  gateway = await startScripted(
    {},
    `
  - { name: bedrock, provider: bedrock, base_url: 'URL', keys: [ABSKtest], models: [{ name: bedrock, upstream: anthropic.claude-sonnet-4-5-20250929-v1:0 }] }
  - { name: plain, provider: compatible, base_url: 'URL', keys: [k], dialects: [openai-chat], models: [{ name: plain, upstream: llama }] }
  - { name: qwen, provider: dashscope, base_url: 'URL', keys: [k], dialects: [openai-chat], models: [{ name: qwen, upstream: qwen3-32b }] }`,
  )
})
afterAll(() => gateway.close())

const turns = [{ user: 'Hello' }]

it('(T10) a cache mark on an answer never lands on its thinking', async () => {
  const call = { id: 'toolu_1', name: 'f', input: {} }
  const said: Said = { thinking: 'Hm.', seal: 'c2ln', calls: [call] }
  const tools = [{ name: 'f', schema: { type: 'object', properties: {} } }]
  const model = at('anthropic-messages')
  gateway.says({ body: replies['anthropic-messages'](said) })
  const first = await gateway.see('openai-chat', { model, thinking: true, turns, tools })
  const history = first.history.map((message) => ({ ...message, cache_control: { type: 'ephemeral' } }))
  gateway.says({ body: replies['anthropic-messages']({ text: 'Yes' }) })
  const results = first.calls.map((one) => ({ call: one, text: 'ok' }))
  const answer = { ...first, history }
  await gateway.see('openai-chat', { model, thinking: true, turns: [...turns, { answer }, { results }], tools })
  const blocks: Json[] = gateway.last().body.messages.flatMap(({ content }: Json) => content)
  const thoughts = blocks.filter((block) => block.type === 'thinking')
  expect(thoughts).toEqual([{ type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }])
})

/** One message of an AWS event stream. */
function eventMessage(payload: Json): Buffer {
  const headers = Buffer.concat(
    Object.entries({ ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' }).map(
      ([name, value]) => {
        const size = Buffer.alloc(2)
        size.writeUInt16BE(value.length)
        return Buffer.concat([
          Buffer.from([name.length]),
          Buffer.from(name),
          Buffer.from([7]),
          size,
          Buffer.from(value),
        ])
      },
    ),
  )
  const body = Buffer.from(JSON.stringify({ bytes: Buffer.from(JSON.stringify(payload)).toString('base64') }))
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(16 + headers.length + body.length, 0)
  prelude.writeUInt32BE(headers.length, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  const whole = Buffer.concat([prelude, headers, body])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(whole))
  return Buffer.concat([whole, sum])
}

describe('(T34) Bedrock streams AWS messages, and wants the version in the body', () => {
  it.each(dialectIds)('client: %s', async (client) => {
    const frames = streams['anthropic-messages']({ text: 'Hello' }).map((frame) =>
      JSON.parse(frame.slice(frame.indexOf('data: ') + 6)),
    )
    gateway.says({
      stream: frames.map(eventMessage),
      headers: { 'content-type': 'application/vnd.amazon.eventstream' },
    })
    const seen = await gateway.see(client, { model: 'bedrock', stream: true, turns })
    expect(seen).toMatchObject({ text: 'Hello', stop: 'end', model: 'bedrock' })
    const { body, path } = gateway.last()
    expect(path).toMatch(/^\/model\/anthropic\.claude-[^/]+\/invoke-with-response-stream$/)
    expect(body.anthropic_version).toBe('bedrock-2023-05-31')
    expect(body).not.toHaveProperty('model')
    expect(body).not.toHaveProperty('stream')
  })
})

it.each(dialectIds)('(T69) instructions reach %s once', async (upstream) => {
  gateway.says({ body: replies[upstream]({ text: 'Hi' }) })
  await gateway.see('openai-responses', { model: at(upstream), system: 'Speak like a pirate.', turns })
  expect(gateway.last().text.match(/Speak like a pirate/g)).toHaveLength(1)
})

describe('(T107) a vendor that thinks in streams alone is asked for a stream, whatever the client wants', () => {
  it.each(dialectIds)('client: %s', async (client) => {
    gateway.says({ stream: streams['openai-chat']({ thinking: 'Hm.', text: 'Hello' }) })
    const seen = await gateway.see(client, { model: 'qwen', thinking: true, turns })
    expect(gateway.last().body).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(seen).toMatchObject({ thinking: 'Hm.', text: 'Hello', stop: 'end', usage: { input: 100, output: 20 } })
  })
})

/** What a Responses client says that many servers of the chat format refuse. */
const rich = {
  instructions: 'Be brief.',
  input: [
    { role: 'developer', content: 'Be kind.' },
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'Hello' },
        { type: 'input_text', text: 'there' },
      ],
    },
  ],
  max_output_tokens: 100,
  store: true,
  metadata: { a: 'b' },
  tools: [
    {
      type: 'function',
      name: 'f',
      parameters: { type: 'object', properties: {}, additionalProperties: false },
      strict: true,
    },
  ],
}

describe('a server of which nothing is known', () => {
  const ask = async (): Promise<Json> => {
    gateway.says({ body: replies['openai-chat']({ text: 'Hi' }) })
    const told = await gateway.post('/v1/responses', { model: 'plain', ...rich })
    expect(told.status, told.text).toBe(200)
    return gateway.last().body
  }
  it('(T108) gets the older words, and no field that breaks some', async () => {
    const body = await ask()
    expect(body.max_tokens).toBe(100)
    expect(body.messages.map(({ role }: Json) => role)).toEqual(expect.arrayContaining(['system', 'user']))
    expect(JSON.stringify(body)).not.toMatch(
      /"(developer|max_completion_tokens|store|metadata|strict|reasoning_effort)"/,
    )
  })
  it('(T109) gets text alone as a string', async () => {
    const { messages } = await ask()
    expect(messages.every(({ content }: Json) => typeof content === 'string')).toBe(true)
  })
})

/** The names of all tests here, as they are written. */
const written = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
  .join('\n')

describe('every trap', () => {
  const held = new Set([...written.matchAll(/\((T\d+(?:, T\d+)*)\)/g)].flatMap(([, list = '']) => list.split(', ')))
  it.each(Array.from({ length: trapCount }, (_, before) => `T${before + 1}`))(
    '%s stands in a test’s name, or has a reason',
    (trap) => {
      expect(held.has(trap)).toBe(!(trap in notOurs))
    },
  )
})

describe('every case', () => {
  const numbered = (family: string, count: number): string[] =>
    Array.from({ length: count }, (_, before) => `${family}-${String(before + 1).padStart(2, '0')}`)
  const cases = Object.entries(caseCounts).flatMap(([family, count]) => numbered(family, count))
  const named = new Set([...written.matchAll(/\b[A-Z]{2}-\d\d\b/g)].map(([name]) => name))
  it.each(cases)('%s stands in a test’s name', (name) => {
    expect(named.has(name)).toBe(true)
  })
  it('that is answered otherwise is a case', () => {
    expect(Object.keys(answeredOtherwise).filter((name) => !cases.includes(name))).toEqual([])
  })
})
