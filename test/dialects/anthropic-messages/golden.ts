import type { ChatEvent } from '../../../src/model/event.ts'
import { type Reply, tell } from '../../../src/model/reply.ts'
import { usageOf } from '../../../src/model/usage.ts'

/** A hidden thought with a summary, a sentence, and two calls at once. */
export const goldenReply: Reply = {
  id: 'msg_1',
  model: 'm',
  parts: [
    {
      kind: 'thinking',
      text: 'Need both.',
      form: 'summary',
      seal: { dialect: 'anthropic-messages', kind: 'signature', data: 'c2lnbmVk' },
    },
    { kind: 'text', text: 'Checking.' },
    { kind: 'tool_call', id: 'call_a', name: 'get_w', tool: { flavor: 'function' }, arguments: '{"c":"Oslo"}' },
    { kind: 'tool_call', id: 'call_b', name: 'get_w', tool: { flavor: 'function' }, arguments: '{"c":"Rome"}' },
  ],
  stop: { reason: 'tool_calls', native: 'tool_use' },
  usage: usageOf({ input: 40, cacheRead: 60, output: 18, reasoning: 12 }),
  tier: 'standard',
}

export const goldenEvents = (): ChatEvent[] => [...tell(goldenReply)]

const frame = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
const delta = (index: number, fields: object): string => frame('content_block_delta', { index, delta: fields })
const stop = (index: number): string => frame('content_block_stop', { index })

const call = (index: number, id: string, city: string): string[] => [
  frame('content_block_start', {
    index,
    content_block: { type: 'tool_use', id, name: 'get_w', input: {}, caller: { type: 'direct' } },
  }),
  delta(index, { type: 'input_json_delta', partial_json: `{"c":"${city}"}` }),
  stop(index),
]

/** The same as the vendor streams it, frame by frame. */
export const goldenFrames: readonly string[] = [
  frame('message_start', {
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      container: null,
      usage: {
        input_tokens: 40,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 60,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
        output_tokens: 1,
        service_tier: 'standard',
      },
    },
  }),
  frame('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } }),
  frame('ping'),
  delta(0, { type: 'thinking_delta', thinking: 'Need both.' }),
  delta(0, { type: 'signature_delta', signature: 'c2lnbmVk' }),
  stop(0),
  frame('content_block_start', { index: 1, content_block: { type: 'text', text: '', citations: null } }),
  delta(1, { type: 'text_delta', text: 'Checking.' }),
  stop(1),
  ...call(2, 'call_a', 'Oslo'),
  ...call(3, 'call_b', 'Rome'),
  frame('message_delta', {
    delta: { stop_reason: 'tool_use', stop_sequence: null, stop_details: null, container: null },
    usage: {
      input_tokens: 40,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 60,
      output_tokens: 30,
      output_tokens_details: { thinking_tokens: 12 },
      server_tool_use: null,
    },
  }),
  frame('message_stop'),
]
