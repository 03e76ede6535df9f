import { describe, expect, it } from 'vitest'
import type { ChatEvent, Delta } from '../../../src/model/event.ts'
import { fault } from '../../../src/model/fault.ts'
import type { Part } from '../../../src/model/part.ts'
import type { Stop } from '../../../src/model/reply.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { goldenEvents, goldenFrames } from './golden.ts'
import { askedBy, client, payloadsOf, streamOf } from './support.ts'

const told = (parts: readonly (readonly [Part, ...Delta[]])[], stop: Stop = { reason: 'end' }): ChatEvent[] => [
  { type: 'start' },
  ...parts.flatMap(([part, ...deltas], index): ChatEvent[] => [
    { type: 'open', index, part },
    ...deltas.map((delta): ChatEvent => ({ type: 'delta', index, delta })),
    { type: 'close', index },
  ]),
  { type: 'usage', usage: usageOf({ input: 9, cacheWrite5m: 2, output: 4 }) },
  { type: 'stop', stop },
]

/** The frames between start and end. */
const blocksOf = (events: ChatEvent[], ask = askedBy('anthropic-messages')) =>
  payloadsOf(streamOf(events, ask)).slice(1, -2)
const text = (value: string): Delta => ({ kind: 'text', text: value })
const args = (value: string): Delta => ({ kind: 'arguments', text: value })
const call: Part = { kind: 'tool_call', id: 'call_a', name: 'f', tool: { flavor: 'function' }, arguments: '' }
const thought: Part = { kind: 'thinking', text: '', form: 'summary' }
const signature = { dialect: 'anthropic-messages', kind: 'signature', data: 'sealed' } as const

describe('the golden trace', () => {
  it('is written as the vendor writes it', () => {
    const golden = payloadsOf(goldenFrames.join('')).filter(({ type }) => type !== 'ping')
    const written = payloadsOf(streamOf(goldenEvents()))
    expect(written.slice(1)).toEqual(golden.slice(1))
    expect(written[0]).toMatchObject({ message: { id: 'msg_1', model: 'asked-model', content: [], stop_reason: null } })
  })

  it('begins with the estimate also where the upstream counts nothing yet', () => {
    const written = payloadsOf(streamOf([{ type: 'start', usage: usageOf({}) }]))
    expect(written[0]).toMatchObject({ message: { usage: { input_tokens: 77 } } })
  })

  it('begins with an estimate of the input, and ends with the exact counts', () => {
    const written = payloadsOf(streamOf(told([])))
    expect(written[0]).toMatchObject({ message: { id: 'msg_new1', usage: { input_tokens: 77, output_tokens: 1 } } })
    expect(written[1]).toMatchObject({
      delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: null },
      usage: { input_tokens: 9, cache_creation_input_tokens: 2, cache_read_input_tokens: 0, output_tokens: 4 },
    })
    expect(written.map(({ type }) => type)).toEqual(['message_start', 'message_delta', 'message_stop'])
  })
})

describe('blocks', () => {
  it('an empty text or thought leaves no block, and no gap', () => {
    const empty: Part = { kind: 'text', text: '' }
    const written = blocksOf(told([[empty], [thought], [empty, text('Hi')]]))
    expect(written.map(({ type, index }) => [type, index])).toEqual([
      ['content_block_start', 0],
      ['content_block_delta', 0],
      ['content_block_stop', 0],
    ])
  })

  it('a seal without a thought is a thinking block with a signature', () => {
    expect(blocksOf(told([[{ ...thought, seal: signature }]]))).toMatchObject([
      { content_block: { type: 'thinking', thinking: '', signature: '' } },
      { delta: { type: 'signature_delta', signature: 'sealed' } },
      { type: 'content_block_stop' },
    ])
  })

  it('a redacted thought stands whole in its start', () => {
    const redacted: Part = { kind: 'thinking', text: '', form: 'redacted', seal: { ...signature, kind: 'redacted' } }
    expect(blocksOf(told([[redacted]]))).toMatchObject([
      { content_block: { type: 'redacted_thinking', data: 'sealed' } },
      { type: 'content_block_stop' },
    ])
  })

  it('thoughts that the client asked not to see are their seals alone', () => {
    const ask = askedBy('anthropic-messages', { thinking: { mode: 'on', show: 'none' } })
    const written = blocksOf(told([[{ ...thought, seal: signature }, text('secret')]]), ask)
    expect(JSON.stringify(written)).not.toContain('secret')
    expect(JSON.stringify(written)).toContain('sealed')
  })

  const inputs: [string, Delta[], unknown[]][] = [
    ['none', [], []],
    ['an object, as it comes', [args('{"a"'), args(':1}')], ['{"a"', ':1}']],
    ['a list, wrapped', [args('[1'), args(',2]')], ['{"value":[1,2]}']],
    ['no JSON, wrapped', [args('rm -rf')], ['{"_raw":"rm -rf"}']],
  ]
  it.each(inputs)('arguments: %s', (_name, deltas, expected) => {
    const written = blocksOf(told([[call, ...deltas]])).map(({ delta }) => delta)
    expect(written.flatMap((delta) => (delta ? [(delta as { partial_json: string }).partial_json] : []))).toEqual(
      expected,
    )
  })

  it('text behind a cited span goes into a block of its own', () => {
    const citation: Delta = { kind: 'citation', citation: { kind: 'url', url: 'u', title: 't', start: 0, end: 4 } }
    const written = blocksOf(told([[{ kind: 'text', text: '' }, text('Told'), citation, text(' more')]]))
    expect(written.map(({ index, delta }) => [index, (delta as { type: string } | undefined)?.type])).toEqual([
      [0, undefined],
      [0, 'text_delta'],
      [0, 'citations_delta'],
      [0, undefined],
      [1, undefined],
      [1, 'text_delta'],
      [1, undefined],
    ])
  })

  it('a search by another vendor is marked as ours', () => {
    const written = blocksOf(
      told([
        [
          { kind: 'server_call', id: 'ws_1', tool: 'web_search', name: 'web_search_call', arguments: '' },
          args('{"queries":["a","b"]}'),
        ],
        [
          {
            kind: 'server_result',
            id: 'ws_1',
            tool: 'web_search',
            name: 'web_search_call',
            hits: [{ url: 'u', title: 't' }],
          },
        ],
        [{ kind: 'server_call', id: 'x', tool: 'file_search', name: 'file_search_call', arguments: '{}' }],
      ]),
    )
    expect(written).toMatchObject([
      { content_block: { type: 'server_tool_use', id: 'srvtoolu_cwws_1', name: 'web_search', input: {} } },
      { delta: { partial_json: '{"query":"a | b"}' } },
      { type: 'content_block_stop' },
      {
        content_block: {
          type: 'web_search_tool_result',
          tool_use_id: 'srvtoolu_cwws_1',
          content: [{ url: 'u', encrypted_content: '' }],
        },
      },
      { type: 'content_block_stop' },
    ])
  })

  it('a spoken answer is told in its words', () => {
    const spoken: Part = { kind: 'media', media: 'audio', source: { kind: 'base64', data: '' } }
    const written = blocksOf(
      told([[spoken, { kind: 'audio', data: 'AA==' }, { kind: 'transcript', text: 'Hello' }], [spoken]]),
    )
    expect(written.flatMap(({ delta }) => delta ?? [])).toEqual([
      { type: 'text_delta', text: 'Hello' },
      { type: 'text_delta', text: '[audio]' },
    ])
  })

  it('a picture becomes a link', () => {
    const picture: Part = {
      kind: 'media',
      media: 'image',
      mime: 'image/png',
      source: { kind: 'url', url: 'https://x/y.png' },
    }
    expect(blocksOf(told([[picture]]))).toMatchObject([
      { content_block: { type: 'text', text: '' } },
      { delta: { type: 'text_delta', text: '![image](https://x/y.png)' } },
      { type: 'content_block_stop' },
    ])
  })
})

describe('the end', () => {
  const cases: [string, Stop, boolean, object][] = [
    ['end', { reason: 'end' }, false, { stop_reason: 'end_turn', stop_sequence: null }],
    ['end with a call', { reason: 'end' }, true, { stop_reason: 'tool_use' }],
    ['calls without one', { reason: 'tool_calls' }, false, { stop_reason: 'end_turn' }],
    ['cut off within a call', { reason: 'length' }, true, { stop_reason: 'max_tokens' }],
    [
      'stop string',
      { reason: 'stop_sequence', sequence: 'END' },
      false,
      { stop_reason: 'stop_sequence', stop_sequence: 'END' },
    ],
    ['window', { reason: 'context_window' }, false, { stop_reason: 'model_context_window_exceeded' }],
    ['pause', { reason: 'pause' }, false, { stop_reason: 'pause_turn' }],
    ['filter', { reason: 'filtered' }, false, { stop_reason: 'refusal', stop_details: null }],
    [
      'refusal',
      { reason: 'refusal', explanation: 'No.' },
      false,
      { stop_reason: 'refusal', stop_details: { type: 'refusal', category: null, explanation: 'No.' } },
    ],
    ['continuation', { reason: 'continuation' }, false, { stop_reason: 'max_tokens' }],
    ['compaction', { reason: 'compaction' }, false, { stop_reason: 'compaction' }],
  ]
  it.each(cases)('%s', (_name, stop, hasCall, expected) => {
    const written = payloadsOf(streamOf(told(hasCall ? [[call, args('{}')]] : [], stop)))
    expect(written.at(-2)).toMatchObject({ type: 'message_delta', delta: expected })
    expect(written.at(-1)).toEqual({ type: 'message_stop' })
  })

  it('a call that could not be read is an error, not an end', () => {
    const written = payloadsOf(streamOf(told([], { reason: 'malformed_call' })))
    expect(written.at(-1)).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  })

  it('a fault is an error event, and nothing follows it', () => {
    const broken: ChatEvent = { type: 'fault', fault: fault('overloaded', 'Try later.') }
    const written = payloadsOf(
      streamOf([{ type: 'start' }, { type: 'open', index: 0, part: call }, broken, ...goldenEvents()]),
    )
    expect(written.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_stop',
      'error',
    ])
    expect(written.at(-1)).toEqual({
      type: 'error',
      error: { type: 'overloaded_error', message: 'Try later.' },
      request_id: 'req_1',
    })
  })

  it('keeps an idle connection alive by a ping', () => {
    expect(client.heartbeat).toBe('event: ping\ndata: {"type":"ping"}\n\n')
  })
})
