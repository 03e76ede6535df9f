import { describe, expect, test } from 'vitest'
import { openaiChat } from '../../../src/dialects/openai-chat/index.ts'
import type { ChatQuirks } from '../../../src/dialects/openai-chat/quirks.ts'
import { fold } from '../../../src/model/reply.ts'
import { sseReader, writeSse } from '../../../src/wire/sse.ts'
import { delta, done, finish, foldFrames, readContext, readFrames } from './setup.ts'

/** The reply of the reference trace: a thought, a text, two parallel calls. */
const golden = [
  delta({ role: 'assistant', content: '', refusal: null }),
  delta({ reasoning_content: 'Need ' }),
  delta({ reasoning_content: 'both.' }),
  delta({ content: 'Checking.' }),
  delta({ tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'get_w', arguments: '' } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '{"c":"Oslo"}' } }] }),
  delta({ tool_calls: [{ index: 1, id: 'call_b', type: 'function', function: { name: 'get_w', arguments: '' } }] }),
  delta({ tool_calls: [{ index: 1, function: { arguments: '{"c":"Rome"}' } }] }),
  finish('tool_calls'),
  JSON.stringify({
    choices: [],
    usage: {
      prompt_tokens: 100,
      completion_tokens: 30,
      total_tokens: 130,
      prompt_tokens_details: { cached_tokens: 60 },
      completion_tokens_details: { reasoning_tokens: 12 },
    },
  }),
  done,
]

const calls = (...list: [string, string, string][]) =>
  list.map(([id, name, text]) => ({ kind: 'tool_call', id, name, tool: { flavor: 'function' }, arguments: text }))

test('the reference trace', () => {
  expect(foldFrames(golden)).toEqual({
    ok: true,
    reply: {
      id: 'c1',
      model: 'up',
      parts: [
        { kind: 'thinking', text: 'Need both.', form: 'raw' },
        { kind: 'text', text: 'Checking.' },
        ...calls(['call_a', 'get_w', '{"c":"Oslo"}'], ['call_b', 'get_w', '{"c":"Rome"}']),
      ],
      stop: { reason: 'tool_calls', native: 'tool_calls' },
      usage: expect.objectContaining({ input: 40, cacheRead: 60, output: 18, reasoning: 12 }),
    },
  })
})

describe('a stream that is cut', () => {
  const finishAt = golden.findIndex((frame) => frame.includes('"finish_reason":"tool_calls"'))

  test.each(golden.map((_frame, at) => at))('after %i frames', (count) => {
    const folded = foldFrames(golden.slice(0, count))
    if (count > finishAt) expect(folded).toMatchObject({ ok: true, reply: { stop: { reason: 'tool_calls' } } })
    else expect(folded).toMatchObject({ ok: false, fault: { class: 'bad_gateway' } })
  })

  test('at every byte: a fault until the finish reason has arrived, never a made-up stop', () => {
    const bytes = Buffer.from(golden.map((data) => writeSse({ data })).join(''))
    // The last brace of the frame with the finish reason: from there on its JSON is whole.
    const finishedAt = bytes.indexOf('\n\n', bytes.indexOf('"finish_reason":"tool_calls"'))
    for (let length = 0; length < finishedAt; length++) {
      const frames = sseReader()
      const reader = openaiChat.upstream.eventReader(readContext())
      const whole = [...frames.push(bytes.subarray(0, length)), ...frames.end()]
      const events = [...whole.flatMap((frame) => reader.push(frame)), ...reader.end()]
      expect(events.at(-1)?.type, `cut at ${length}`).toBe('fault')
    }
  })
})

const call = (piece: Record<string, unknown>) => delta({ tool_calls: [piece] })

test.each<[string, string[], [string, string, string][]]>([
  [
    'every index is 0 and ids are blank',
    [
      call({ index: 0, id: '', function: { name: 'f', arguments: '{"a":1}' } }),
      call({ index: 0, id: '', function: { name: 'g', arguments: '{"b":2}' } }),
    ],
    [
      ['call_new0', 'f', '{"a":1}'],
      ['call_new1', 'g', '{"b":2}'],
    ],
  ],
  [
    'the same tool twice, every index 0',
    [
      call({ index: 0, id: '', function: { name: 'f', arguments: '{"a":1}' } }),
      call({ index: 0, id: '', function: { name: 'f', arguments: '{"a":2}' } }),
    ],
    [
      ['call_new0', 'f', '{"a":1}'],
      ['call_new1', 'f', '{"a":2}'],
    ],
  ],
  [
    'two calls in one delta without index',
    [
      delta({
        tool_calls: [
          { id: 'a', function: { name: 'f', arguments: '{}' } },
          { id: 'b', function: { name: 'f', arguments: '{}' } },
        ],
      }),
    ],
    [
      ['a', 'f', '{}'],
      ['b', 'f', '{}'],
    ],
  ],
  [
    'one id for both calls',
    [
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }),
      call({ index: 1, id: 'a', function: { name: 'g', arguments: '{}' } }),
    ],
    [
      ['a', 'f', '{}'],
      ['call_new0', 'g', '{}'],
    ],
  ],
  [
    'id and name in every piece, then an empty name',
    [
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"a' } }),
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '":1' } }),
      call({ index: 0, id: 'a', function: { name: '', arguments: '}' } }),
    ],
    [['a', 'f', '{"a":1}']],
  ],
  [
    'pieces without index belong to the last call',
    [
      call({ id: 'a', function: { name: 'f' } }),
      call({ function: { arguments: '{"a"' } }),
      call({ function: { arguments: ':1}' } }),
    ],
    [['a', 'f', '{"a":1}']],
  ],
  [
    'interleaved arguments',
    [
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } }),
      call({ index: 1, id: 'b', function: { name: 'g', arguments: '{"y"' } }),
      call({ index: 0, function: { arguments: ':1}' } }),
      call({ index: 1, function: { arguments: ':2}' } }),
    ],
    [
      ['a', 'f', '{"x":1}'],
      ['b', 'g', '{"y":2}'],
    ],
  ],
  [
    'arguments as an object',
    [call({ index: 0, id: 'a', function: { name: 'f', arguments: { x: 1 } } })],
    [['a', 'f', '{"x":1}']],
  ],
  [
    'the whole call told again at the end',
    [
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"a":1}' } }),
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"a":1}' } }),
    ],
    [['a', 'f', '{"a":1}']],
  ],
  ['function_call', [delta({ function_call: { name: 'f', arguments: '{}' } })], [['call_new0', 'f', '{}']]],
])('calls: %s', (_name, frames, expected) => {
  expect(foldFrames([...frames, finish('stop'), done])).toMatchObject({
    ok: true,
    reply: { parts: calls(...expected), stop: { reason: 'tool_calls' } },
  })
})

test.each<[string, string[], Partial<ChatQuirks>, Record<string, unknown>]>([
  ['no [DONE]', [delta({ content: 'a' }), finish('stop')], {}, { stop: { reason: 'end' } }],
  [
    'finish told twice',
    [delta({ content: 'a' }), finish('length'), finish('stop'), done],
    {},
    { stop: { reason: 'length' } },
  ],
  [
    'calls promised and none made',
    [delta({ content: 'a' }), finish('tool_calls'), done],
    {},
    { stop: { reason: 'end' } },
  ],
  [
    'what follows [DONE]',
    [delta({ content: 'a' }), finish('stop'), done, delta({ content: 'b' })],
    {},
    { parts: [{ text: 'a' }] },
  ],
  [
    'usage beside the finish reason, and again',
    [
      delta({ content: 'a' }),
      finish('stop', { usage: { prompt_tokens: 5, completion_tokens: 1 } }),
      finish('stop', { usage: { prompt_tokens: 5, completion_tokens: 2 } }),
    ],
    {},
    { usage: { input: 5, output: 2 } },
  ],
  [
    'usage in the choice',
    [
      delta({ content: 'a' }),
      JSON.stringify({
        choices: [{ delta: {}, finish_reason: 'stop', usage: { prompt_tokens: 3, completion_tokens: 1 } }],
      }),
    ],
    {},
    { usage: { input: 3, output: 1 } },
  ],
  [
    'reasoning',
    [delta({ reasoning: 'hm', content: '' }), finish('stop')],
    {},
    { parts: [{ kind: 'thinking', text: 'hm' }] },
  ],
  [
    'reasoning_details repeat the plain field and sign at the end',
    [
      delta({ reasoning: 'hm', reasoning_details: [{ type: 'reasoning.text', text: 'hm', index: 0 }] }),
      delta({ reasoning_details: [{ type: 'reasoning.text', signature: 'SIG', format: 'x', index: 0 }] }),
      delta({ content: 'a' }),
      finish('stop'),
    ],
    {},
    {
      parts: [
        {
          kind: 'thinking',
          text: 'hm',
          seal: {
            dialect: 'openai-chat',
            kind: 'signature',
            data: '{"type":"reasoning.text","signature":"SIG","format":"x","index":0}',
          },
        },
        { kind: 'text', text: 'a' },
      ],
    },
  ],
  [
    'thinking in content parts',
    [
      delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }),
      delta({ content: [{ type: 'text', text: 'a' }] }),
      finish('stop'),
    ],
    {},
    {
      parts: [
        { kind: 'thinking', text: 'hm' },
        { kind: 'text', text: 'a' },
      ],
    },
  ],
  [
    '<think> over three pieces',
    [
      delta({ content: '<th' }),
      delta({ content: 'ink>h' }),
      delta({ content: 'm</thi' }),
      delta({ content: 'nk>\n\na' }),
      finish('stop'),
    ],
    { thinkTags: true },
    {
      parts: [
        { kind: 'thinking', text: 'hm' },
        { kind: 'text', text: 'a' },
      ],
    },
  ],
  [
    '<think> where it is not looked for',
    [delta({ content: '<think>hm</think>a' }), finish('stop')],
    {},
    { parts: [{ text: '<think>hm</think>a' }] },
  ],
  [
    'an unfinished tag is text',
    [delta({ content: ' <thi' }), finish('stop')],
    { thinkTags: true },
    { parts: [{ kind: 'text', text: ' <thi' }] },
  ],
  [
    'a refusal',
    [delta({ refusal: 'I will ' }), delta({ refusal: 'not.' }), finish('stop')],
    {},
    { parts: [{ kind: 'refusal', text: 'I will not.' }], stop: { reason: 'refusal' } },
  ],
  [
    'citations, by their place in the text',
    [
      delta({ content: 'Grüße 👋 x' }),
      delta({
        annotations: [
          { type: 'url_citation', url_citation: { start_index: 6, end_index: 7, url: 'https://x.test', title: 'X' } },
        ],
      }),
      finish('stop'),
    ],
    {},
    { parts: [{ citations: [{ kind: 'url', url: 'https://x.test', title: 'X', start: 6, end: 7 }] }] },
  ],
  [
    'search results of the server',
    [JSON.stringify({ citations: ['https://x.test'], choices: [{ delta: { content: 'a' } }] }), finish('stop')],
    {},
    {
      parts: [
        { kind: 'server_call' },
        { kind: 'server_result', hits: [{ url: 'https://x.test', title: 'https://x.test' }] },
        { text: 'a' },
      ],
    },
  ],
  [
    'tools that the server ran',
    [
      delta({
        executed_tools: [{ index: 0, type: 'search', arguments: '{"query":"q"}', search_results: { results: [] } }],
      }),
      delta({ executed_tools: [{ index: 0, type: 'search', arguments: '{"query":"q"}', output: 'found' }] }),
      delta({ content: 'a' }),
      finish('stop'),
    ],
    {},
    {
      parts: [
        { kind: 'server_call', tool: 'web_search', arguments: '{"query":"q"}' },
        { kind: 'server_result', output: 'found' },
        { text: 'a' },
      ],
    },
  ],
  [
    'pictures',
    [
      delta({ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }] }),
      finish('stop'),
    ],
    {},
    { parts: [{ kind: 'media', media: 'image', mime: 'image/png', source: { kind: 'base64', data: 'iVBORw0KGgo=' } }] },
  ],
  [
    'speech',
    [
      delta({ audio: { id: 'au', data: 'AAAA' } }),
      delta({ audio: { data: 'BBBB', transcript: 'hi' } }),
      finish('stop'),
    ],
    {},
    { parts: [{ kind: 'media', media: 'audio', audioId: 'au', transcript: 'hi', source: { data: 'AAAABBBB' } }] },
  ],
  [
    'a thought signature on the call',
    [
      call({
        index: 0,
        id: 'a',
        function: { name: 'f', arguments: '{}' },
        extra_content: { google: { thought_signature: 'S' } },
      }),
      finish('stop'),
    ],
    {},
    { parts: [{ kind: 'tool_call', seal: { dialect: 'openai-chat', kind: 'thought', data: 'S' } }] },
  ],
  [
    'log probabilities',
    [
      delta(
        { content: 'a' },
        {
          logprobs: {
            content: [{ token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [{ token: 'b', logprob: -1 }] }],
          },
        },
      ),
      finish('stop'),
    ],
    {},
    { parts: [{ logprobs: [{ token: 'a', logprob: -0.5, bytes: [97], top: [{ token: 'b', logprob: -1 }] }] }] },
  ],
  [
    'several answers',
    [
      delta({ content: 'a' }),
      JSON.stringify({ choices: [{ index: 1, delta: { content: 'b' } }] }),
      finish('stop'),
      JSON.stringify({ choices: [{ index: 1, delta: {}, finish_reason: 'length' }] }),
      done,
    ],
    {},
    {
      parts: [{ text: 'a' }],
      stop: { reason: 'end' },
      others: [{ parts: [{ text: 'b' }], stop: { reason: 'length' } }],
    },
  ],
])('%s', (_name, frames, quirks, expected) => {
  expect(foldFrames(frames, quirks)).toMatchObject({ ok: true, reply: expected })
})

test.each<[string, string[], Record<string, unknown>]>([
  [
    'an error',
    [delta({ content: 'a' }), '{"error":{"message":"slow down","code":"rate_limit_exceeded"}}'],
    { class: 'rate_limit' },
  ],
  [
    'an error in the choice',
    ['{"choices":[{"error":{"code":502,"message":"bad"},"delta":{}}]}'],
    { class: 'bad_gateway', message: 'bad' },
  ],
  [
    'a breakdown as finish reason',
    [delta({ content: 'a' }), finish('insufficient_system_resource'), done],
    { class: 'overloaded' },
  ],
  ['no JSON', [delta({ content: 'a' }), '<html>'], { class: 'bad_gateway' }],
  ['no object', ['5'], { class: 'bad_gateway' }],
  [
    'one answer of two unfinished',
    [finish('stop'), JSON.stringify({ choices: [{ index: 1, delta: { content: 'b' } }] })],
    { class: 'bad_gateway' },
  ],
  ['nothing but [DONE]', [done], { class: 'bad_gateway' }],
  [
    'a call without a name',
    [call({ index: 0, id: 'a', function: { arguments: '{}' } }), finish('stop'), done],
    { class: 'bad_gateway' },
  ],
])('a fault: %s', (_name, frames, expected) => {
  expect(foldFrames(frames)).toMatchObject({ ok: false, fault: expected })
})

test('a call is told while another is still open', () => {
  const types = readFrames(golden.slice(0, 6), { isClosed: false }).map((event) => event.type)
  expect(types).toEqual(['start', 'open', 'delta', 'delta', 'close', 'open', 'delta', 'close', 'open', 'delta'])
})

test('the same answer, whole', () => {
  const whole = openaiChat.upstream.readReply(
    {
      id: 'c1',
      model: 'up',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Checking.',
            reasoning_content: 'Need both.',
            tool_calls: [
              { id: 'call_a', type: 'function', function: { name: 'get_w', arguments: '{"c":"Oslo"}' } },
              { id: 'call_b', type: 'function', function: { name: 'get_w', arguments: '{"c":"Rome"}' } },
            ],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: JSON.parse(golden.at(-2) ?? '').usage,
    },
    readContext(),
  )
  const streamed = fold(readFrames(golden))
  expect(streamed.ok && whole).toEqual({ ok: true, value: streamed.ok && streamed.reply })
})
