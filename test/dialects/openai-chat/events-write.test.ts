import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import OpenAI6 from 'openai-6'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openaiChat } from '../../../src/dialects/openai-chat/index.ts'
import type { ChatEvent } from '../../../src/model/event.ts'
import { fault } from '../../../src/model/fault.ts'
import type { Part } from '../../../src/model/part.ts'
import { type Reply, tell } from '../../../src/model/reply.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { ask, foldFrames, payloads, writeContext, written } from './setup.ts'

const calls: Part[] = [
  { kind: 'tool_call', id: 'call_a', name: 'get_w', tool: { flavor: 'function' }, arguments: '{"c":"Oslo"}' },
  { kind: 'tool_call', id: 'call_b', name: 'get_w', tool: { flavor: 'function' }, arguments: '{"c":"Rome"}' },
]

const golden: Reply = {
  id: 'msg_1',
  model: 'up',
  parts: [{ kind: 'thinking', text: 'Need both.', form: 'summary' }, { kind: 'text', text: 'Checking.' }, ...calls],
  stop: { reason: 'tool_calls' },
  usage: usageOf({ input: 40, cacheRead: 60, output: 18, reasoning: 12 }),
}

const reply = (parts: readonly Part[], more: Partial<Reply> = {}): Reply => ({
  parts,
  stop: { reason: 'end' },
  usage: usageOf({ input: 1, output: 1 }),
  ...more,
})

const withUsage = ask({ stream: true, stream_options: { include_usage: true } })
const plain = ask({ stream: true })

test('the reference trace', () => {
  const frames = payloads(written(tell(golden), withUsage))
  expect(frames.at(-1)).toBe('[DONE]')
  const chunks = frames.slice(0, -1).map((data) => JSON.parse(data))
  const head = { id: 'chatcmpl-id0', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm' }
  for (const chunk of chunks) expect(chunk).toMatchObject(head)
  expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
  expect(chunks.map((chunk) => chunk.choices[0]?.delta)).toEqual([
    { role: 'assistant', content: '', refusal: null },
    { reasoning_content: 'Need both.' },
    { content: 'Checking.' },
    { tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'get_w', arguments: '' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{"c":"Oslo"}' } }] },
    { tool_calls: [{ index: 1, id: 'call_b', type: 'function', function: { name: 'get_w', arguments: '' } }] },
    { tool_calls: [{ index: 1, function: { arguments: '{"c":"Rome"}' } }] },
    {},
    undefined,
  ])
  expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason)).toEqual([
    ...Array(7).fill(null),
    'tool_calls',
    undefined,
  ])
  expect(chunks.at(-1)).toMatchObject({
    choices: [],
    usage: {
      prompt_tokens: 100,
      completion_tokens: 30,
      total_tokens: 130,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 12 },
    },
  })
})

test('the usage chunk comes only when it was asked for', () => {
  expect(written(tell(golden), plain)).not.toContain('usage')
})

test('a fault ends the stream without [DONE], and nothing follows it', () => {
  const events: ChatEvent[] = [
    { type: 'start' },
    { type: 'fault', fault: fault('overloaded', 'Busy.') },
    { type: 'stop', stop: { reason: 'end' } },
  ]
  const frames = payloads(written(events, plain)).map((data) => JSON.parse(data))
  expect(frames.at(-1)).toEqual({
    error: { message: 'Busy.', type: 'service_unavailable_error', param: null, code: 'server_is_overloaded' },
  })
})

const text: Part = { kind: 'text', text: 'a' }
const sealed = { dialect: 'anthropic-messages', kind: 'signature', data: 'SEAL' } as const

describe('what stream and whole answer say alike', () => {
  test.each<[string, Reply, Record<string, unknown>, string]>([
    ['nothing', reply([]), { content: '', refusal: null }, 'stop'],
    ['calls alone have no content', reply(calls.slice(0, 1)), { content: null }, 'tool_calls'],
    ['calls decide the finish reason', reply(calls, { stop: { reason: 'end' } }), {}, 'tool_calls'],
    ['but for a cut', reply(calls, { stop: { reason: 'length' } }), {}, 'length'],
    ['no calls, no tool_calls', reply([text], { stop: { reason: 'tool_calls' } }), { content: 'a' }, 'stop'],
    [
      'a call without arguments',
      reply([{ kind: 'tool_call', id: 'a', name: 'f', tool: { flavor: 'function' }, arguments: '' }]),
      { tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
      'tool_calls',
    ],
    [
      'a free-text call, signed',
      reply([
        {
          kind: 'tool_call',
          id: 'a',
          name: 'f',
          tool: { flavor: 'custom' },
          arguments: 'ls',
          seal: { ...sealed, kind: 'thought' },
        },
      ]),
      {
        tool_calls: [
          {
            id: 'a',
            type: 'custom',
            custom: { name: 'f', input: 'ls' },
            extra_content: { google: { thought_signature: 'SEAL' } },
          },
        ],
      },
      'tool_calls',
    ],
    [
      'thoughts with state',
      reply([
        { kind: 'thinking', text: 'hm', form: 'raw', seal: sealed },
        { kind: 'thinking', text: '', form: 'redacted', seal: sealed },
        text,
      ]),
      {
        reasoning_content: 'hm',
        content: 'a',
        reasoning_details: [
          { type: 'reasoning.encrypted', data: 'SEAL', text_length: 2 },
          { type: 'reasoning.encrypted', data: 'SEAL' },
        ],
      },
      'stop',
    ],
    [
      'citations count from the beginning of the content',
      reply([
        { kind: 'text', text: '👋' },
        {
          kind: 'text',
          text: 'abc',
          citations: [{ kind: 'url', url: 'https://x.test', title: 'X', start: 1, end: 2 }],
        },
      ]),
      {
        content: '👋abc',
        annotations: [
          { type: 'url_citation', url_citation: { start_index: 2, end_index: 3, url: 'https://x.test', title: 'X' } },
        ],
      },
      'stop',
    ],
    [
      'a refusal explained',
      reply([], { stop: { reason: 'refusal', explanation: 'No.' } }),
      { content: null, refusal: 'No.' },
      'content_filter',
    ],
    [
      'a refusal in words, as its vendor ends it',
      reply([{ kind: 'refusal', text: 'No.' }], { stop: { reason: 'refusal', native: 'stop' } }),
      { refusal: 'No.' },
      'stop',
    ],
    [
      'a picture',
      reply([{ kind: 'media', media: 'image', mime: 'image/png', source: { kind: 'base64', data: 'AAAA' } }]),
      { images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' }, index: 0 }] },
      'stop',
    ],
    [
      'speech',
      reply([
        { kind: 'media', media: 'audio', audioId: 'au', transcript: 'hi', source: { kind: 'base64', data: 'AAAA' } },
      ]),
      { audio: expect.objectContaining({ id: 'au', data: 'AAAA', transcript: 'hi' }) },
      'stop',
    ],
  ])('%s', (_name, told, message, finish) => {
    const whole = openaiChat.client.writeReply(told, plain, writeContext())
    expect(whole).toMatchObject({
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message, finish_reason: finish }],
    })
    const streamed = foldFrames(payloads(written(tell(told), plain)))
    const read = openaiChat.upstream.readReply(whole, { ...foldContext })
    expect(streamed.ok && { parts: streamed.reply.parts, stop: streamed.reply.stop }).toEqual(
      read.ok && { parts: read.value.parts, stop: read.value.stop },
    )
  })
})

const foldContext = {
  target: { model: 'up', quirks: openaiChat.upstream.quirks, capabilities: {} as never },
  newId: () => 'x',
}

test('an old client gets its function_call', () => {
  const old = ask({ functions: [{ name: 'get_w' }] })
  const whole = openaiChat.client.writeReply(reply(calls.slice(0, 1)), old, writeContext())
  expect(whole).toMatchObject({
    choices: [
      { message: { function_call: { name: 'get_w', arguments: '{"c":"Oslo"}' } }, finish_reason: 'function_call' },
    ],
  })
})

test('several answers: each is introduced by its role', () => {
  const told = reply([text], { others: [{ parts: [{ kind: 'text', text: 'b' }], stop: { reason: 'length' } }] })
  const chunks = payloads(written(tell(told), plain))
    .slice(0, -1)
    .map((data) => JSON.parse(data).choices[0])
  expect(chunks.map(({ index, delta, finish_reason }) => [index, delta.role ?? delta.content, finish_reason])).toEqual([
    [0, 'assistant', null],
    [0, 'a', null],
    [1, 'assistant', null],
    [1, 'b', null],
    [0, undefined, 'stop'],
    [1, undefined, 'length'],
  ])
})

describe('the official clients', () => {
  let stream = ''
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(stream)
  })
  let baseURL = ''
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  })
  afterAll(() => server.close())

  const body = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] }
  const clients = [
    ['openai 7', () => new OpenAI({ apiKey: 'k', baseURL, maxRetries: 0 }).chat.completions.stream(body)],
    ['openai 6', () => new OpenAI6({ apiKey: 'k', baseURL, maxRetries: 0 }).chat.completions.stream(body)],
  ] as const

  test.each(clients)('%s folds our stream into our whole answer', async (_name, start) => {
    const heartbeat = openaiChat.client.heartbeat
    stream = heartbeat + written(tell(golden), withUsage).replace('data: [DONE]', `${heartbeat}data: [DONE]`)
    const final = await start().finalChatCompletion()
    const whole = openaiChat.client.writeReply(golden, plain, writeContext())
    expect(final.usage).toEqual(whole.usage)
    expect(final.choices[0]?.finish_reason).toBe('tool_calls')
    expect(final.choices[0]?.message).toMatchObject({ role: 'assistant', content: 'Checking.' })
    expect(final.choices[0]?.message.tool_calls).toMatchObject([
      { id: 'call_a', function: { name: 'get_w', arguments: '{"c":"Oslo"}' } },
      { id: 'call_b', function: { name: 'get_w', arguments: '{"c":"Rome"}' } },
    ])
  })

  test.each(clients)('%s throws our fault', async (_name, start) => {
    const events: ChatEvent[] = [...tell(golden)].slice(0, 4)
    stream = written([...events, { type: 'fault', fault: fault('bad_gateway', 'It broke off.') }], plain)
    await expect(start().finalChatCompletion()).rejects.toThrow('It broke off.')
  })
})
