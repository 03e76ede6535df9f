import type { Reply } from '../../../src/model/reply.ts'
import { usageOf } from '../../../src/model/usage.ts'

/** Hidden reasoning with a digest, a text, two parallel calls. */
export const golden: Reply = {
  id: 'up_1',
  model: 'upstream-model',
  parts: [
    {
      kind: 'thinking',
      form: 'summary',
      text: 'Need both.',
      seal: { dialect: 'openai-responses', kind: 'encrypted', data: 'sealed' },
    },
    { kind: 'text', text: 'Checking.' },
    { kind: 'tool_call', id: 'call_a', name: 'get_w', tool: { flavor: 'function' }, arguments: '{"c":"Oslo"}' },
    { kind: 'tool_call', id: 'call_b', name: 'get_w', tool: { flavor: 'function' }, arguments: '{"c":"Rome"}' },
  ],
  stop: { reason: 'tool_calls' },
  usage: usageOf({ input: 40, cacheRead: 60, output: 18, reasoning: 12 }),
}

/** The same as a vendor of this format streams it. */
export function goldenPayloads(): Record<string, unknown>[] {
  const reasoning = {
    id: 'rs_1',
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: 'Need both.' }],
    encrypted_content: 'sealed',
  }
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Checking.', annotations: [], logprobs: [] }],
  }
  const call = (id: string, callId: string, city: string) => ({
    id,
    type: 'function_call',
    call_id: callId,
    name: 'get_w',
    arguments: `{"c":"${city}"}`,
    status: 'completed',
  })
  const calls = [call('fc_1', 'call_a', 'Oslo'), call('fc_2', 'call_b', 'Rome')]
  const usage = {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 60, cache_write_tokens: 0 },
    output_tokens: 30,
    output_tokens_details: { reasoning_tokens: 12 },
    total_tokens: 130,
  }
  const response = { id: 'up_1', object: 'response', model: 'upstream-model', status: 'in_progress', output: [] }
  return [
    { type: 'response.created', response },
    { type: 'response.in_progress', response },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...reasoning, summary: [], encrypted_content: 'only a part' },
    },
    { type: 'response.reasoning_summary_part.added', item_id: 'rs_1', output_index: 0, summary_index: 0 },
    {
      type: 'response.reasoning_summary_text.delta',
      item_id: 'rs_1',
      output_index: 0,
      summary_index: 0,
      delta: 'Need both.',
    },
    { type: 'response.reasoning_summary_text.done', item_id: 'rs_1', output_index: 0, text: 'Need both.' },
    { type: 'response.output_item.done', output_index: 0, item: reasoning },
    { type: 'response.output_item.added', output_index: 1, item: { ...message, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', item_id: 'msg_1', output_index: 1, content_index: 0 },
    { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 1, content_index: 0, delta: 'Check' },
    { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 1, content_index: 0, delta: 'ing.' },
    { type: 'response.output_text.done', item_id: 'msg_1', output_index: 1, content_index: 0, text: 'Checking.' },
    { type: 'response.output_item.done', output_index: 1, item: message },
    ...calls.flatMap((item, at) => [
      {
        type: 'response.output_item.added',
        output_index: 2 + at,
        item: { ...item, arguments: '', status: 'in_progress' },
      },
      {
        type: 'response.function_call_arguments.delta',
        item_id: item.id,
        output_index: 2 + at,
        delta: item.arguments.slice(0, 4),
      },
      {
        type: 'response.function_call_arguments.delta',
        item_id: item.id,
        output_index: 2 + at,
        delta: item.arguments.slice(4),
      },
      {
        type: 'response.function_call_arguments.done',
        item_id: item.id,
        output_index: 2 + at,
        arguments: item.arguments,
      },
      { type: 'response.output_item.done', output_index: 2 + at, item },
    ]),
    {
      type: 'response.completed',
      response: { ...response, status: 'completed', output: [reasoning, message, ...calls], usage },
    },
  ]
}
