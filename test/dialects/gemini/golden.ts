import type { ChatEvent } from '../../../src/model/event.ts'
import { type Reply, tell } from '../../../src/model/reply.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { call, seal, text } from './support.ts'

/** A thought, words and two calls at once, of which only the first is signed. */
export const goldenReply: Reply = {
  id: 'resp',
  model: 'gemini-x',
  parts: [
    { kind: 'thinking', text: 'Need both.', form: 'summary' },
    text('Checking.'),
    { ...call('call_a', 'get_w', '{"c":"Oslo"}'), seal: seal('Z3cx') },
    call('call_b', 'get_w', '{"c":"Rome"}'),
  ],
  stop: { reason: 'tool_calls', native: 'STOP' },
  usage: usageOf({ input: 40, cacheRead: 60, output: 18, reasoning: 12 }),
}

export const goldenEvents: readonly ChatEvent[] = [...tell(goldenReply)]

const frame = (parts: unknown, more: object = {}, usage?: unknown): Record<string, unknown> => ({
  candidates: [{ content: { role: 'model', parts: [parts] }, ...more, index: 0 }],
  ...(usage !== undefined && { usageMetadata: usage }),
  modelVersion: 'm',
  responseId: 'r1',
})

/** The chunks that a client sees, which are also chunks that a vendor may send. */
export const goldenChunks: readonly Record<string, unknown>[] = [
  frame({ text: 'Need both.', thought: true }),
  frame({ text: 'Checking.' }),
  frame({ functionCall: { id: 'call_a', name: 'get_w', args: { c: 'Oslo' } }, thoughtSignature: 'Z3cx' }),
  frame({ functionCall: { id: 'call_b', name: 'get_w', args: { c: 'Rome' } } }),
  frame(
    { text: '' },
    { finishReason: 'STOP' },
    {
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      candidatesTokenCount: 18,
      thoughtsTokenCount: 12,
      totalTokenCount: 130,
    },
  ),
]
