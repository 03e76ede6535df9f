import type { DialectId } from '../../../src/model/dialect.ts'
import { framed } from '../framing.ts'

const usage = { input_tokens: 5, output_tokens: 1 }
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage,
}
const completion = { id: 'c', created: 1, model: 'm' }
const counts = { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 }
const item = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Ok', annotations: [] }],
}
const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'm',
  status: 'completed',
  output: [item],
  usage,
}
const answer = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Ok' }] }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 1, totalTokenCount: 6 },
  modelVersion: 'm',
}

/** The shortest lawful answer of each format: whole, and as the payloads of a stream. */
const replies: Record<DialectId, { readonly whole: unknown; readonly payloads: readonly unknown[] }> = {
  'anthropic-messages': {
    whole: { ...message, content: [{ type: 'text', text: 'Ok' }] },
    payloads: [
      { type: 'message_start', message: { ...message, stop_reason: null, content: [] } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Ok' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
      { type: 'message_stop' },
    ],
  },
  'openai-chat': {
    whole: {
      ...completion,
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Ok' }, finish_reason: 'stop' }],
      usage: counts,
    },
    payloads: [
      {
        ...completion,
        object: 'chat.completion.chunk',
        choices: [{ index: 0, delta: { role: 'assistant', content: 'Ok' }, finish_reason: 'stop' }],
      },
      { ...completion, object: 'chat.completion.chunk', choices: [], usage: counts },
    ],
  },
  'openai-responses': {
    whole: response,
    payloads: [
      { type: 'response.created', sequence_number: 0, response: { ...response, status: 'in_progress', output: [] } },
      { type: 'response.output_item.added', sequence_number: 1, output_index: 0, item: { ...item, content: [] } },
      { type: 'response.output_item.done', sequence_number: 2, output_index: 0, item },
      { type: 'response.completed', sequence_number: 3, response },
    ],
  },
  gemini: { whole: answer, payloads: [answer] },
}

export function smallReply(format: DialectId, stream: boolean): { contentType: string; bytes: Buffer } {
  const { payloads, whole } = replies[format]
  if (!stream) return { contentType: 'application/json', bytes: Buffer.from(JSON.stringify(whole)) }
  return framed(
    format,
    payloads.map((payload) => JSON.stringify(payload)),
  )
}
