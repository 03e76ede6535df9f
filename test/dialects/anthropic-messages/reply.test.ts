import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tell } from '../../../src/model/reply.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { goldenReply } from './golden.ts'
import {
  askedBy,
  client,
  eventsOf,
  faultOf,
  readContext,
  replyOf,
  resultOf,
  streamOf,
  upstream,
  writeContext,
} from './support.ts'

const ask = askedBy('anthropic-messages')
const read = (body: unknown) => upstream.readReply(body, readContext())
const message = (some: object) => ({
  id: 'msg_1',
  type: 'message',
  content: [],
  stop_reason: 'end_turn',
  usage: {},
  ...some,
})

describe('a unary reply', () => {
  it('is written as the vendor writes it, and read back the same', () => {
    const body = client.writeReply(goldenReply, ask, writeContext())
    expect(body).toEqual({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'asked-model',
      content: [
        { type: 'thinking', thinking: 'Need both.', signature: 'c2lnbmVk' },
        { type: 'text', text: 'Checking.', citations: null },
        { type: 'tool_use', id: 'call_a', name: 'get_w', input: { c: 'Oslo' }, caller: { type: 'direct' } },
        { type: 'tool_use', id: 'call_b', name: 'get_w', input: { c: 'Rome' }, caller: { type: 'direct' } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      stop_details: null,
      container: null,
      usage: {
        input_tokens: 40,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 60,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
        output_tokens: 30,
        output_tokens_details: { thinking_tokens: 12 },
        server_tool_use: null,
        service_tier: 'standard',
        inference_geo: null,
        speed: null,
      },
    })
    expect(resultOf(read(body))).toEqual({ ...goldenReply, model: 'asked-model' })
  })

  it('says the same as its stream', () => {
    const unary = resultOf(read(client.writeReply(goldenReply, ask, writeContext())))
    expect(replyOf(eventsOf([Buffer.from(streamOf(tell(goldenReply)))]))).toEqual(unary)
  })

  it('has no blocks that say nothing', () => {
    const parts = [{ kind: 'text', text: '' } as const, { kind: 'thinking', text: '', form: 'summary' } as const]
    expect(client.writeReply({ ...goldenReply, parts, stop: { reason: 'end' } }, ask, writeContext())).toMatchObject({
      content: [],
      stop_reason: 'end_turn',
    })
  })

  it('has each cited span in a block of its own', () => {
    const citations = [{ kind: 'url' as const, url: 'u', title: 't', start: 4, end: 8 }]
    const parts = [{ kind: 'text' as const, text: 'It. Told. More.', citations }]
    const { content } = client.writeReply({ ...goldenReply, parts }, ask, writeContext())
    const blocks = content as { text: string; citations: unknown }[]
    expect(blocks.map(({ text }) => text).join('')).toBe('It. Told. More.')
    expect(blocks.filter(({ citations: cited }) => cited !== null)).toEqual([
      {
        type: 'text',
        text: expect.stringContaining('Told'),
        citations: [{ type: 'web_search_result_location', url: 'u', title: 't', cited_text: '', encrypted_index: '' }],
      },
    ])
  })
})

describe('usage', () => {
  const none = { input_tokens: 0, output_tokens: 0 }
  const cases: [string, object, object][] = [
    [
      'the two lifetimes of the cache',
      {
        input_tokens: 50,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 50,
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
        output_tokens: 5,
      },
      { input: 50, cacheRead: 100, cacheWrite5m: 20, cacheWrite1h: 30, output: 5 },
    ],
    ['writes without detail', { ...none, cache_creation_input_tokens: 7 }, { cacheWrite5m: 7 }],
    [
      'thinking within the output',
      { ...none, output_tokens: 30, output_tokens_details: { thinking_tokens: 12 } },
      { output: 18, reasoning: 12 },
    ],
    [
      'more thinking than output',
      { ...none, output_tokens: 5, output_tokens_details: { thinking_tokens: 12 } },
      { output: 0, reasoning: 5 },
    ],
    [
      'searches and fetches',
      { ...none, server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 } },
      { searches: 2, fetches: 1 },
    ],
    [
      'compaction beside the totals',
      {
        input_tokens: 1,
        output_tokens: 2,
        iterations: [
          { type: 'compaction', input_tokens: 10, output_tokens: 20 },
          { type: 'message', input_tokens: 1 },
        ],
      },
      { input: 11, output: 22 },
    ],
    ['nonsense', { input_tokens: -5, output_tokens: 'many' }, {}],
  ]
  it.each(cases)('%s', (_name, usage, expected) => {
    expect(resultOf(read(message({ usage }))).usage).toEqual(usageOf(expected))
  })

  it('names the tier that served', () => {
    expect(resultOf(read(message({ usage: { service_tier: 'priority' } }))).tier).toBe('priority')
    expect(resultOf(read(message({ usage: { service_tier: 'standard', speed: 'fast' } }))).tier).toBe('fast')
  })
})

describe('what is no reply', () => {
  const cases: [string, unknown, string][] = [
    ['an error in a 200', { type: 'error', error: { type: 'overloaded_error', message: 'x' } }, 'overloaded'],
    ["an error in OpenAI's shape", { error: { message: 'x', code: 'insufficient_quota' } }, 'billing'],
    ['a list', [], 'bad_gateway'],
    ['no content', { type: 'message' }, 'bad_gateway'],
    ['content that is none', message({ content: [7] }), 'bad_gateway'],
    ['text that is none', message({ content: [{ type: 'text', text: {} }] }), 'bad_gateway'],
  ]
  it.each(cases)('%s', (_name, body, faultClass) => {
    expect(faultOf(read(body)).class).toBe(faultClass)
  })

  it('never throws, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.jsonValue()), (body, content) => {
        read(body)
        read(message({ content, usage: body }))
        const reader = upstream.eventReader(readContext())
        for (const type of ['message_start', 'content_block_start', 'content_block_delta', 'message_delta', 'error'])
          reader.push({
            data: JSON.stringify({ type, message: body, content_block: body, delta: body, error: body, usage: body }),
          })
        expect(reader.end().length).toBeLessThanOrEqual(1)
      }),
    )
  })
})
