import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openaiChat } from '../../../src/dialects/openai-chat/index.ts'
import { openaiCompletions } from '../../../src/dialects/openai-completions/index.ts'
import { fold } from '../../../src/model/reply.ts'
import { payloads, readContext, readFrames, target, written } from './setup.ts'

const words = fc.constantFrom(
  'user',
  'assistant',
  'tool',
  'system',
  'text',
  'image_url',
  'function',
  'custom',
  'auto',
  'tool_use',
  'constructor',
  '__proto__',
  'data:image/png;base64,AA',
  '[DONE]',
  'stop',
  '',
)
const fields = fc.constantFrom(
  'role',
  'content',
  'type',
  'text',
  'image_url',
  'url',
  'tool_calls',
  'function',
  'custom',
  'name',
  'arguments',
  'id',
  'index',
  'tool_call_id',
  'reasoning_details',
  'data',
  'signature',
  'input_audio',
  'file',
  'source',
  'error',
  'choices',
  'delta',
  'message',
  'finish_reason',
  'usage',
  'annotations',
  'url_citation',
  'audio',
  'images',
  'logprobs',
  'thinking',
  'toString',
)

/** JSON that looks like this format, with every value in a wrong place sooner or later. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(words, fc.integer(), fc.boolean(), fc.constant(null), fc.string()),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fields, tie('value'), { maxKeys: 5 }),
  ),
}))

const body = fc.dictionary(
  fc.constantFrom(
    'model',
    'messages',
    'stream',
    'tools',
    'tool_choice',
    'functions',
    'response_format',
    'thinking',
    'reasoning',
    'stop',
    'logit_bias',
    'metadata',
    'extra_body',
    'modalities',
    'web_search_options',
    'prompt',
    'stream_options',
    'unknown',
  ),
  value,
)

const isMessage = fc.record(
  { role: words, content: value, tool_calls: value, reasoning_details: value },
  { requiredKeys: ['role'] },
)

test('a client may send any JSON: it is read or refused, and what is read can be written', () => {
  const sent = fc.oneof(
    body,
    fc.record({ model: fc.constant('m'), messages: fc.array(isMessage, { minLength: 1 }), tools: value }),
  )
  fc.assert(
    fc.property(sent, (json) => {
      const read = openaiChat.client.readRequest({ body: json, headers: {} })
      openaiChat.forwarding.peek({ body: json, headers: {} })
      openaiChat.forwarding.edits({ body: json, headers: {} }, target())
      openaiCompletions.readRequest({ body: json, headers: {} })
      if (!read.ok) {
        expect(read.fault.class).toBe('invalid')
        return
      }
      for (const quirks of [
        {},
        { contentAsString: true, customTools: false, systemAnywhere: false, sendsReasoningBack: 'always' as const },
      ])
        openaiChat.upstream.writeRequest(read.value, target(quirks))
    }),
    { numRuns: 2000 },
  )
})

test('an upstream may answer any JSON: a reply or a fault, by the law of order', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 6 }), fc.boolean(), (chunks, thinkTags) => {
      const context = readContext({ thinkTags })
      for (const chunk of chunks) {
        openaiChat.upstream.readReply(chunk, context)
        openaiChat.upstream.readFault({ status: 400, headers: {}, text: JSON.stringify(chunk) })
        openaiChat.forwarding.readReply(chunk)
      }
      const events = readFrames(
        chunks.map((chunk) => JSON.stringify({ choices: [chunk] })),
        { quirks: { thinkTags } },
      )
      expect(events.filter((event) => event.type === 'stop' || event.type === 'fault')).toHaveLength(1)
      fold(events)
    }),
    { numRuns: 2000 },
  )
})

test('texts survive the way to a client and back, however they are cut', () => {
  const piece = fc.record({
    kind: fc.constantFrom('content', 'reasoning_content'),
    text: fc.string({ unit: 'grapheme', minLength: 1 }),
  })
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1 }), (pieces) => {
      const frames = pieces.map(({ kind, text }) => JSON.stringify({ choices: [{ delta: { [kind]: text } }] }))
      const events = readFrames([...frames, '{"choices":[{"delta":{},"finish_reason":"stop"}]}'])
      const request = { ...baseAsk, stream: 'sse' as const }
      const back = fold(readFrames(payloads(written(events, request))))
      const textOf = (kind: string) =>
        pieces
          .filter((one) => one.kind === kind)
          .map((one) => one.text)
          .join('')
      const told = (kind: string) =>
        (back.ok ? back.reply.parts : [])
          .map((part) => (part.kind === kind && 'text' in part ? part.text : ''))
          .join('')
      expect([told('text'), told('thinking')]).toEqual([textOf('content'), textOf('reasoning_content')])
    }),
  )
})

const read = openaiChat.client.readRequest({
  body: { model: 'm', messages: [{ role: 'user', content: 'x' }] },
  headers: {},
})
if (!read.ok) throw new Error(read.fault.message)
const baseAsk = read.value
