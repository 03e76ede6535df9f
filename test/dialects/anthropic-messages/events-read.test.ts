import { describe, expect, it } from 'vitest'
import { goldenFrames, goldenReply } from './golden.ts'
import { eventsOf, readContext, replyOf, upstream } from './support.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const golden = goldenFrames.join('')
const data = (payload: unknown) => ({ data: JSON.stringify(payload) })

/** The events of payloads whose frames have no name, and of the connection's end. */
function eventsFrom(payloads: readonly unknown[]) {
  const reader = upstream.eventReader(readContext())
  return [...payloads.flatMap((payload) => reader.push(data(payload))), ...reader.end()]
}

const start = { type: 'message_start', message: { id: 'msg_1', usage: { input_tokens: 5 } } }
const end = [
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } },
  { type: 'message_stop' },
]
const block = (content_block: object, ...deltas: object[]) => [
  { type: 'content_block_start', index: 0, content_block },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
  { type: 'content_block_stop', index: 0 },
]
const partsOf = (...blocks: readonly unknown[][]) => replyOf(eventsFrom([start, ...blocks.flat(), ...end])).parts

describe('a whole stream', () => {
  it('is the reply that it tells', () => {
    expect(replyOf(eventsOf([bytes(golden)]))).toEqual(goldenReply)
  })

  it('may be cut into single bytes', () => {
    expect(replyOf(eventsOf([...bytes(golden)].map((byte) => Uint8Array.of(byte))))).toEqual(goldenReply)
  })

  it('ends at its end: what follows is ignored', () => {
    expect(replyOf(eventsOf([bytes(golden + golden)]))).toEqual(goldenReply)
  })
})

describe('a stream that breaks off', () => {
  it.each(goldenFrames.map((_, at) => at))('after %i frames is a fault', (count) => {
    const events = eventsOf([bytes(goldenFrames.slice(0, count).join(''))])
    expect(events.at(-1)).toMatchObject({ type: 'fault', fault: { class: 'bad_gateway' } })
    expect(events.some((event) => event.type === 'stop')).toBe(false)
  })

  it('at any byte is a fault, never a stop', () => {
    const whole = bytes(golden)
    // The blank line that ends the last frame may be missing its very last line end: a frame is complete only with it.
    for (let length = 0; length < whole.length - 1; length++) {
      const events = eventsOf([whole.subarray(0, length)])
      expect(events.at(-1)?.type).toBe('fault')
      expect(events.some((event) => event.type === 'stop')).toBe(false)
    }
  })
})

describe('parts', () => {
  it('that stand in message_start already: a program’s next call', () => {
    const call = {
      type: 'tool_use',
      id: 'toolu_1',
      name: 'roll',
      input: { die: 6 },
      caller: { type: 'code_execution' },
    }
    const begun = { type: 'message_start', message: { id: 'msg_1', content: [call], usage: {} } }
    const stop = { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 0 } }
    const { parts, stop: told } = replyOf(eventsFrom([begun, stop, { type: 'message_stop' }]))
    expect(parts).toMatchObject([{ kind: 'tool_call', id: 'toolu_1', name: 'roll', arguments: '{"die":6}' }])
    expect(told.reason).toBe('tool_calls')
  })

  const cases: [string, object[], unknown][] = [
    ['text without deltas', block({ type: 'text', text: 'Hi' }), { kind: 'text', text: 'Hi' }],
    [
      'text with a citation told first',
      block(
        { type: 'text', text: '', citations: [] },
        {
          type: 'citations_delta',
          citation: { type: 'web_search_result_location', url: 'u', title: 't', cited_text: 'c', encrypted_index: 'e' },
        },
        { type: 'text_delta', text: 'Hi' },
      ),
      { kind: 'text', text: 'Hi', citations: [{ kind: 'url', url: 'u', title: 't', cited: 'c', seal: 'e' }] },
    ],
    [
      'a thought of which only the signature is told',
      block({ type: 'thinking', thinking: '' }, { type: 'signature_delta', signature: 's' }),
      {
        kind: 'thinking',
        text: '',
        form: 'summary',
        seal: { dialect: 'anthropic-messages', kind: 'signature', data: 's' },
      },
    ],
    [
      'the last of two signatures',
      block(
        { type: 'thinking', thinking: '' },
        { type: 'signature_delta', signature: 's' },
        { type: 'signature_delta', signature: 'z' },
      ),
      {
        kind: 'thinking',
        text: '',
        form: 'summary',
        seal: { dialect: 'anthropic-messages', kind: 'signature', data: 'z' },
      },
    ],
    [
      'a redacted thought',
      block({ type: 'redacted_thinking', data: 'd' }),
      {
        kind: 'thinking',
        text: '',
        form: 'redacted',
        seal: { dialect: 'anthropic-messages', kind: 'redacted', data: 'd' },
      },
    ],
    [
      'a call without arguments',
      block({ type: 'tool_use', id: 't', name: 'f', input: {} }, { type: 'input_json_delta', partial_json: '' }),
      { kind: 'tool_call', id: 't', name: 'f', tool: { flavor: 'function' }, arguments: '' },
    ],
    [
      'a call that comes whole, as some servers send it',
      block({ type: 'tool_use', id: 't', name: 'f', input: { a: 1 } }),
      { kind: 'tool_call', id: 't', name: 'f', tool: { flavor: 'function' }, arguments: '{"a":1}' },
    ],
    [
      'a compaction',
      block(
        { type: 'compaction', content: null },
        { type: 'compaction_delta', content: 'So far.', encrypted_content: 'x' },
      ),
      { kind: 'compaction', text: 'So far.', seal: { dialect: 'anthropic-messages', kind: 'compaction', data: 'x' } },
    ],
  ]
  it.each(cases)('%s', (_name, frames, part) => {
    expect(partsOf(frames)).toEqual([part])
  })

  it('server tools, their results and blocks of no known type', () => {
    const parts = partsOf(
      block(
        { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
        { type: 'input_json_delta', partial_json: '{"query":"q"}' },
      ),
      block({
        type: 'web_search_tool_result',
        tool_use_id: 's',
        content: [{ type: 'web_search_result', url: 'u', title: 't', page_age: '1 day' }],
      }),
      block({ type: 'bash_code_execution_tool_result', tool_use_id: 's', content: { stdout: 'out', stderr: 'err' } }),
      block({
        type: 'web_fetch_tool_result',
        tool_use_id: 's',
        content: { type: 'web_fetch_tool_result_error', error_code: 'unavailable' },
      }),
      block({ type: 'hologram', value: 1 }),
    )
    expect(parts).toMatchObject([
      { kind: 'server_call', tool: 'web_search', arguments: '{"query":"q"}' },
      { kind: 'server_result', tool: 'web_search', hits: [{ url: 'u', title: 't', age: '1 day' }] },
      { kind: 'server_result', tool: 'code', output: 'out\nerr' },
      { kind: 'server_result', tool: 'web_fetch', errorCode: 'unavailable' },
      { kind: 'opaque', type: 'hologram', value: { type: 'hologram', value: 1 } },
    ])
  })
})

describe('the end', () => {
  it('keeps what the start said where the end says null', () => {
    const told = {
      type: 'message_delta',
      delta: { stop_reason: 'max_tokens' },
      usage: { input_tokens: null, output_tokens: 9 },
    }
    expect(replyOf(eventsFrom([start, told, { type: 'message_stop' }]))).toMatchObject({
      stop: { reason: 'length' },
      usage: { input: 5, output: 9 },
    })
  })

  it('is a tool call when there is one, whatever was said', () => {
    const call = block({ type: 'tool_use', id: 't', name: 'f', input: {} })
    expect(replyOf(eventsFrom([start, ...call, ...end])).stop).toEqual({ reason: 'tool_calls', native: 'end_turn' })
  })

  it('tells a refusal with its reasons', () => {
    const stop_details = { type: 'refusal', category: 'cyber', explanation: 'No.' }
    const told = { type: 'message_delta', delta: { stop_reason: 'refusal', stop_details }, usage: {} }
    expect(replyOf(eventsFrom([start, told, { type: 'message_stop' }])).stop).toEqual({
      reason: 'refusal',
      category: 'cyber',
      explanation: 'No.',
      native: 'refusal',
    })
  })
})

describe('faults in the stream', () => {
  const cases: [string, unknown, string][] = [
    ['overloaded', { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'overloaded'],
    [
      'a delta of nothing',
      { type: 'content_block_delta', index: 4, delta: { type: 'text_delta', text: 'x' } },
      'bad_gateway',
    ],
    ['a second start', start, 'bad_gateway'],
    ['a block that is none', { type: 'content_block_start', index: 0, content_block: 7 }, 'bad_gateway'],
    ['no object', [], 'bad_gateway'],
  ]
  it.each(cases)('%s', (_name, payload, faultClass) => {
    const events = eventsFrom([start, payload, ...end])
    expect(events.at(-1)).toMatchObject({ type: 'fault', fault: { class: faultClass } })
    expect(events.filter((event) => event.type === 'fault' || event.type === 'stop')).toHaveLength(1)
  })

  it('a frame that is no JSON', () => {
    const reader = upstream.eventReader(readContext())
    expect(reader.push({ data: '<html>' })).toMatchObject([{ type: 'fault', fault: { class: 'bad_gateway' } }])
    expect(reader.end()).toEqual([])
  })
})
