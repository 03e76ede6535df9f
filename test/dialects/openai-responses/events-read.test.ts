import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../../src/model/event.ts'
import { fold } from '../../../src/model/reply.ts'
import { sequential } from '../../../src/model/stream/sequential.ts'
import { sseReader, writeSse } from '../../../src/wire/sse.ts'
import { golden, goldenPayloads } from './golden.ts'
import { type Body, eventsOf, foldedOf, readContext, readWhole, streamedReply, upstream } from './support.ts'

const goldenReply = {
  ...golden,
  parts: golden.parts.map((part) => (part.seal ? { ...part, seal: { ...part.seal, itemId: 'rs_1' } } : part)),
}

/** The golden stream without the events of these types. */
const without = (...types: string[]): Body[] => goldenPayloads().filter(({ type }) => !types.includes(String(type)))

const terminal = (response: Body): Body => ({
  type: 'response.completed',
  response: { status: 'completed', ...response },
})

describe('a streamed answer', () => {
  test('is read part by part', () => {
    expect(streamedReply(goldenPayloads())).toEqual(goldenReply)
  })

  test('says what its last snapshot says whole', () => {
    expect(readWhole(goldenPayloads().at(-1)?.response)).toEqual(goldenReply)
  })

  test('says the call before its arguments are known', () => {
    const opens = eventsOf(goldenPayloads()).filter((event) => event.type === 'open')
    expect(opens.map(({ part }) => [part.kind, 'arguments' in part ? part.arguments : undefined])).toEqual([
      ['thinking', undefined],
      ['text', undefined],
      ['tool_call', ''],
      ['tool_call', ''],
    ])
  })

  test.each<[string, Body[]]>([
    ['no deltas of text', without('response.output_text.delta')],
    ['no deltas of arguments', without('response.function_call_arguments.delta')],
    ['no deltas of thoughts', without('response.reasoning_summary_text.delta')],
    [
      'no items',
      goldenPayloads().filter(
        ({ type }) =>
          !String(type).includes('output') &&
          !String(type).includes('arguments') &&
          !String(type).includes('reasoning'),
      ),
    ],
    ['no output_item.done', without('response.output_item.done')],
    ['no output_item.added', without('response.output_item.added')],
    [
      'events of no known type',
      goldenPayloads().flatMap((payload) => [
        payload,
        { type: 'response.something.new', output_index: 0 },
        { type: 'keepalive' },
      ]),
    ],
    ['a lost delta', goldenPayloads().filter((payload) => payload.delta !== 'ing.')],
  ])('is whole with %s', (_, payloads) => {
    expect(streamedReply(payloads)).toEqual(goldenReply)
  })

  test('is whole without output_index', () => {
    const bare = goldenPayloads().map(({ output_index: _, ...payload }) => payload)
    expect(streamedReply(bare)).toEqual(goldenReply)
  })

  test('may tell its items at the same time', () => {
    const [created, , ...told] = goldenPayloads()
    const last = told.pop()
    const items = [0, 1, 2, 3].map((index) => told.filter((payload) => payload.output_index === index))
    const mixed: Body[] = []
    while (items.some((item) => item.length > 0)) for (const item of items) mixed.push(...item.splice(0, 1))
    const pass = sequential()
    const events = eventsOf([created ?? {}, ...mixed, last ?? {}]).flatMap((event) => pass.push(event))
    expect(fold(events)).toEqual({ ok: true, reply: goldenReply })
  })

  test('joins the sections of a digest by blank lines', () => {
    const delta = (index: number, text: string) => ({
      type: 'response.reasoning_summary_text.delta',
      output_index: 0,
      summary_index: index,
      delta: text,
    })
    const item = { id: 'rs_1', type: 'reasoning', summary: [{ text: 'One.' }, { text: 'Two.' }] }
    const reply = streamedReply([
      { type: 'response.output_item.added', output_index: 0, item: { ...item, summary: [] } },
      delta(0, 'One.'),
      delta(1, 'Two.'),
      { type: 'response.output_item.done', output_index: 0, item },
      terminal({ output: [item] }),
    ])
    expect(reply.parts).toEqual([{ kind: 'thinking', form: 'summary', text: 'One.\n\nTwo.' }])
  })

  test('keeps a thought without words for its seal alone', () => {
    const item = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'sealed' }
    const reply = streamedReply([
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.output_item.done', output_index: 0, item },
      terminal({ output: [item] }),
    ])
    const seal = { dialect: 'openai-responses', kind: 'encrypted', data: 'sealed', itemId: 'rs_1' }
    expect(reply.parts).toEqual([{ kind: 'thinking', form: 'redacted', text: '', seal }])
  })

  test('tells citations where they come, and those that only the finished message has', () => {
    const url = (at: number) => ({
      type: 'url_citation',
      url: `https://example.com/${at}`,
      title: `T${at}`,
      start_index: 0,
      end_index: 2,
    })
    const message = (annotations: unknown[]) => ({
      id: 'msg_1',
      type: 'message',
      content: [{ type: 'output_text', text: 'Hi', annotations }],
    })
    const reply = streamedReply([
      { type: 'response.output_item.added', output_index: 0, item: message([]) },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hi' },
      { type: 'response.output_text.annotation.added', output_index: 0, content_index: 0, annotation: url(1) },
      { type: 'response.output_item.done', output_index: 0, item: message([url(1), url(2)]) },
      terminal({}),
    ])
    const cited = (at: number) => ({ kind: 'url', url: `https://example.com/${at}`, title: `T${at}`, start: 0, end: 2 })
    expect(reply.parts).toEqual([{ kind: 'text', text: 'Hi', citations: [cited(1), cited(2)] }])
  })

  test('gives calls without an id, or with one told before, a new one', () => {
    const call = (id: string) => ({
      type: 'function_call',
      id: `fc_${id}`,
      call_id: 'same',
      name: 'f',
      arguments: '{}',
    })
    const reply = streamedReply([terminal({ output: [call('1'), call('2'), { ...call('3'), call_id: '', id: '' }] })])
    const ids = reply.parts.map((part) => (part.kind === 'tool_call' ? part.id : ''))
    expect(ids[0]).toBe('same')
    expect(new Set(ids).size).toBe(3)
    expect(ids[2]).toMatch(/^call_\w{24}$/)
  })
})

describe('a stream that does not end as it should', () => {
  const frames = goldenPayloads().map((payload) =>
    writeSse({ event: String(payload.type), data: JSON.stringify(payload) }),
  )

  test.each(frames.map((_, at) => at))('cut after %i frames is a fault', (at) => {
    const folded = foldedOf(goldenPayloads().slice(0, at))
    expect(folded).toMatchObject({ ok: false, fault: { class: 'bad_gateway' } })
  })

  test('cut at any byte is a fault, never a stop', () => {
    const bytes = Buffer.from(frames.join(''))
    const lastFrame = Buffer.byteLength(frames.at(-1) ?? '')
    for (let cut = 0; cut < bytes.length - 3; cut += cut < bytes.length - lastFrame ? 7 : 1) {
      const sse = sseReader()
      const reader = upstream.eventReader(readContext())
      const read = [...sse.push(bytes.subarray(0, cut)), ...sse.end()].flatMap((frame) => reader.push(frame))
      const last = [...read, ...reader.end()].at(-1)
      expect(last?.type, `cut at byte ${cut}`).toBe('fault')
    }
  })

  test.each<[string, Body, object]>([
    [
      'response.failed',
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Please try again in 1.5s.' } },
      },
      { class: 'rate_limit', retryAfterMs: 1500, code: 'rate_limit_exceeded' },
    ],
    ['response.failed without a reason', { type: 'response.failed', response: { error: null } }, { class: 'internal' }],
    [
      'a flat error',
      { type: 'error', code: 'context_length_exceeded', message: 'Too long.' },
      { class: 'context_length' },
    ],
    [
      'a nested error',
      { type: 'error', error: { code: 'server_is_overloaded', message: 'Busy.' } },
      { class: 'overloaded' },
    ],
    ['an error without a type', { error: { type: 'insufficient_quota', message: 'No money.' } }, { class: 'billing' }],
    ['response.cancelled', { type: 'response.cancelled', response: {} }, { class: 'cancelled' }],
  ])('%s is its class of fault, and what follows is ignored', (_, payload, expected) => {
    const [created, ...rest] = goldenPayloads()
    const events = eventsOf([created ?? {}, payload, ...rest])
    expect(events.map(({ type }) => type)).toEqual(['start', 'fault'])
    expect(events[1]).toMatchObject({ fault: expected })
  })

  test.each(['{"type":"response.completed"', '[]', '7', '<html>'])('%s is garbage', (data) => {
    const events = upstream.eventReader(readContext()).push({ data })
    expect(events.at(-1)).toMatchObject({ type: 'fault', fault: { class: 'bad_gateway' } })
  })

  test('no JSON makes the reader throw', () => {
    const types = goldenPayloads().map(({ type }) => String(type))
    const frame = fc.record(
      {
        type: fc.constantFrom(...types),
        item: fc.jsonValue(),
        response: fc.jsonValue(),
        delta: fc.jsonValue(),
        output_index: fc.jsonValue(),
        annotation: fc.jsonValue(),
        error: fc.jsonValue(),
      },
      { requiredKeys: ['type'] },
    )
    const isLawful = (events: ChatEvent[]) => events.at(-1)?.type === 'stop' || events.at(-1)?.type === 'fault'
    fc.assert(fc.property(fc.array(frame), (payloads) => isLawful(eventsOf(payloads))))
  })
})

describe('why it stopped', () => {
  const call = { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }
  const refusal = { type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }
  test.each<[string, Body, object]>([
    ['completed', {}, { reason: 'end' }],
    ['completed with a call', { output: [call] }, { reason: 'tool_calls' }],
    ['completed with a refusal', { output: [refusal] }, { reason: 'refusal' }],
    [
      'cut at the limit',
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      { reason: 'length', native: 'max_output_tokens' },
    ],
    [
      'cut in a call',
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [call] },
      { reason: 'length', native: 'max_output_tokens' },
    ],
    [
      'filtered',
      { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
      { reason: 'filtered', native: 'content_filter' },
    ],
    [
      'steered',
      { status: 'incomplete', incomplete_details: { reason: 'steered' } },
      { reason: 'end', native: 'steered' },
    ],
  ])('%s', (_, response, expected) => {
    expect(streamedReply([terminal(response)]).stop).toEqual(expected)
    expect(readWhole({ status: 'completed', output: [], ...response }).stop).toEqual(expected)
  })
})
