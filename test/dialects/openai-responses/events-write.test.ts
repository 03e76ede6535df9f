import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../../src/model/event.ts'
import { fault } from '../../../src/model/fault.ts'
import type { Part } from '../../../src/model/part.ts'
import { tell } from '../../../src/model/reply.ts'
import { golden } from './golden.ts'
import { asked, type Body, client, payloadsOf, replyWith, streamedReply, streamOf, writeContext } from './support.ts'

const shown = asked({ reasoning: { summary: 'auto' }, stream: true })
const typesOf = (payloads: readonly Body[]): string[] =>
  payloads.map(({ type }) => String(type).replace('response.', ''))
const told = (...parts: Part[]): Body[] => payloadsOf(streamOf(tell(replyWith(...parts)), shown))

describe('the golden stream', () => {
  const payloads = payloadsOf(streamOf(tell(golden), shown))

  test('tells every event in its order', () => {
    const call = [
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
    ]
    expect(typesOf(payloads)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      ...call,
      ...call,
      'completed',
    ])
  })

  test('numbers them without a gap', () => {
    expect(payloads.map((payload) => payload.sequence_number)).toEqual(payloads.map((_, at) => at))
  })

  test('ends in a snapshot of what was told', () => {
    const done = payloads.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item)
    const last = payloads.at(-1)?.response
    expect(last).toMatchObject({ status: 'completed', output: done })
    expect(last).toEqual({ ...client.writeReply(golden, shown, writeContext()), id: expect.any(String) })
  })

  test('keeps the response’s id', () => {
    const ids = payloads.flatMap(({ response }) => (response ? [JSON.parse(JSON.stringify(response)).id] : []))
    expect(new Set(ids).size).toBe(1)
    expect(ids).toHaveLength(3)
  })

  test('is read again as it was', () => {
    const again = streamedReply(payloads)
    expect(again.parts.map(({ seal: _, ...part }) => part)).toEqual(golden.parts.map(({ seal: _, ...part }) => part))
    expect(again).toMatchObject({ stop: golden.stop, usage: golden.usage })
  })
})

test.each<[string, Part[], string[]]>([
  [
    'a chain of thought',
    [{ kind: 'thinking', form: 'raw', text: 'Hm.' }],
    [
      'output_item.added',
      'content_part.added',
      'reasoning_text.delta',
      'reasoning_text.done',
      'content_part.done',
      'output_item.done',
    ],
  ],
  [
    'a withheld thought',
    [{ kind: 'thinking', form: 'redacted', text: '', seal: { dialect: 'gemini', kind: 'thought', data: 'x' } }],
    ['output_item.added', 'output_item.done'],
  ],
  [
    'a refusal after text',
    [
      { kind: 'text', text: 'Hi' },
      { kind: 'refusal', text: 'No.' },
    ],
    [
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'content_part.added',
      'refusal.delta',
      'refusal.done',
      'content_part.done',
      'output_item.done',
    ],
  ],
  [
    'two texts',
    [
      { kind: 'text', text: 'Hi ' },
      { kind: 'text', text: 'you' },
    ],
    [
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
    ],
  ],
  [
    'a citation',
    [{ kind: 'text', text: 'Hi', citations: [{ kind: 'url', url: 'https://a.example' }] }],
    [
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.annotation.added',
      'output_text.done',
      'content_part.done',
      'output_item.done',
    ],
  ],
  [
    'a free-text call',
    [{ kind: 'tool_call', id: 'a', name: 'f', tool: { flavor: 'custom' }, arguments: 'x' }],
    ['output_item.added', 'custom_tool_call_input.delta', 'custom_tool_call_input.done', 'output_item.done'],
  ],
  [
    'a call without arguments',
    [{ kind: 'tool_call', id: 'a', name: 'f', tool: { flavor: 'function' }, arguments: '' }],
    ['output_item.added', 'function_call_arguments.delta', 'function_call_arguments.done', 'output_item.done'],
  ],
  [
    'a typed call',
    [
      {
        kind: 'tool_call',
        id: 'a',
        name: 'shell',
        tool: { flavor: 'typed', type: 'shell' },
        arguments: '{"commands":["ls"]}',
      },
    ],
    ['output_item.added', 'output_item.done'],
  ],
  [
    'a search and its result',
    [
      { kind: 'server_call', id: 's', tool: 'web_search', name: 'web_search', arguments: '{"query":"q"}' },
      { kind: 'server_result', id: 's', tool: 'web_search', name: 'web_search', hits: [] },
    ],
    [
      'output_item.added',
      'web_search_call.in_progress',
      'web_search_call.searching',
      'web_search_call.completed',
      'output_item.done',
    ],
  ],
  [
    'a picture',
    [{ kind: 'media', media: 'image', source: { kind: 'base64', data: 'AAAA' }, mime: 'image/png' }],
    [
      'output_item.added',
      'image_generation_call.in_progress',
      'image_generation_call.generating',
      'image_generation_call.completed',
      'output_item.done',
    ],
  ],
])('%s', (_, parts, types) => {
  expect(typesOf(told(...parts))).toEqual(['created', 'in_progress', ...types, 'completed'])
})

describe('a stream that fails', () => {
  const failing = (told: ReturnType<typeof fault>): Body => {
    const events: ChatEvent[] = [...tell(replyWith({ kind: 'text', text: 'Hi' }))].slice(0, 3)
    const payloads = payloadsOf(streamOf([...events, { type: 'fault', fault: told }, ...tell(golden)], shown))
    expect(payloads.at(-1)).toMatchObject({ type: 'response.failed' })
    expect(payloads.filter(({ type }) => /completed|failed/.test(String(type)))).toHaveLength(1)
    return JSON.parse(JSON.stringify(payloads.at(-1)?.response))
  }

  const busy = { code: 'rate_limit_exceeded', message: 'Busy. Please try again in 2s.' }

  test.each<[ReturnType<typeof fault>, object]>([
    [
      fault('rate_limit', 'Slow down.', { retryAfterMs: 1500 }),
      { code: 'rate_limit_exceeded', message: 'Slow down. Please try again in 1.5s.' },
    ],
    [
      fault('rate_limit', 'Please try again in 2s.', { retryAfterMs: 2000 }),
      { code: 'rate_limit_exceeded', message: 'Please try again in 2s.' },
    ],
    [fault('context_length', 'Too long.'), { code: 'context_length_exceeded', message: 'Too long.' }],
    [
      fault('billing', 'No money.', { code: 'usage_not_included' }),
      { code: 'usage_not_included', message: 'No money.' },
    ],
    [fault('overloaded', 'Busy.', { code: 'overloaded_error' }), busy],
    // Codex gives up on these two in a stream, whatever the words say.
    [fault('overloaded', 'Busy.', { code: 'server_is_overloaded' }), busy],
    [fault('overloaded', 'Busy.', { code: 'slow_down' }), busy],
    [fault('invalid', 'Bad.'), { code: 'invalid_prompt', message: 'Bad.' }],
    [fault('bad_gateway', 'Broke off.'), { code: 'upstream_error', message: 'Broke off.' }],
  ])('%j', (reason, error) => {
    expect(failing(reason)).toMatchObject({ status: 'failed', error })
  })
})

test('the heartbeat is a comment', () => {
  expect(client.heartbeat).toBe(': keep-alive\n\n')
})
