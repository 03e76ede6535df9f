import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gemini } from '../../../src/dialects/gemini/index.ts'
import { fold, tell } from '../../../src/model/reply.ts'
import { ask, gemini3, gemini25, readContext, target, writeContext } from './support.ts'

const key = fc.constantFrom(
  'candidates',
  'content',
  'contents',
  'parts',
  'role',
  'text',
  'thought',
  'thoughtSignature',
  'thought_signature',
  'functionCall',
  'function_response',
  'name',
  'id',
  'args',
  'partialArgs',
  'jsonPath',
  'willContinue',
  'inlineData',
  'data',
  'mimeType',
  'fileData',
  'executableCode',
  'toolCall',
  'finishReason',
  'index',
  'usageMetadata',
  'promptTokenCount',
  'promptTokensDetails',
  'groundingMetadata',
  'groundingChunks',
  'groundingSupports',
  'segment',
  'logprobsResult',
  'chosenCandidates',
  'promptFeedback',
  'blockReason',
  'generationConfig',
  'responseSchema',
  'thinkingConfig',
  'stopSequences',
  'tools',
  'functionDeclarations',
  'parameters',
  'toolConfig',
  'systemInstruction',
  'error',
  'details',
  'status',
  '__proto__',
)
const word = fc.constantFrom('model', 'user', 'STOP', 'SAFETY', '$.a[0].b', '$.__proto__.x', 'image/png', 'AAAA', '')

const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 7, withCrossShrink: true },
    fc.oneof(word, fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.string()),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('json')), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
  ),
}))
const body = fc.array(fc.tuple(key, json), { maxLength: 7 }).map((entries) => Object.fromEntries(entries))

/** Bodies that pass the first check more often. */
const conversation = fc.record({
  contents: fc.array(fc.record({ role: word, parts: fc.array(body, { maxLength: 4 }) }), { maxLength: 5 }),
  generationConfig: fc.oneof(body, fc.constant({})),
})

/** Answers that get past the first glance more often. */
const candidate = fc.record({
  content: fc.record({ role: word, parts: fc.array(body, { maxLength: 4 }) }),
  finishReason: fc.oneof(word, json),
  groundingMetadata: fc.oneof(body, fc.constant(undefined)),
  index: fc.oneof(fc.integer({ min: -1, max: 3 }), json),
})
const answer = fc
  .oneof(json, fc.record({ candidates: fc.array(candidate, { maxLength: 3 }), usageMetadata: body }))
  // As it is when it has come over a wire: there is no -0 there, and no NaN.
  .map((sent): unknown => JSON.parse(JSON.stringify(sent)))

describe('whatever comes', () => {
  it('a request is read or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.oneof(body, conversation), (sent) => {
        const read = gemini.client.readRequest({ body: sent, headers: {}, path: { model: 'm', stream: false } })
        expect(read.ok || read.fault.class === 'invalid').toBe(true)
        if (!read.ok) return
        for (const capabilities of [gemini3, gemini25])
          for (const format of ['gemini', 'openai-chat'] as const)
            JSON.stringify(gemini.upstream.writeRequest({ ...read.value, format }, target(capabilities)))
      }),
      { numRuns: 1500 },
    )
  })

  it('an answer is a reply or a fault, and the same in one piece as in a stream', () => {
    fc.assert(
      fc.property(answer, (sent) => {
        const unary = gemini.upstream.readReply(sent, readContext())
        if (unary.ok) {
          const again = fold(tell(unary.value))
          expect(again.ok).toBe(true)
          JSON.stringify(gemini.client.writeReply(unary.value, ask(), writeContext))
        }
        const reader = gemini.upstream.eventReader(readContext())
        const events = [...reader.push({ data: JSON.stringify(sent) }), ...reader.end()]
        const folded = fold(events)
        if (folded.ok) expect(unary).toEqual({ ok: true, value: folded.reply })
      }),
      { numRuns: 1500 },
    )
  })

  it('a stream of anything ends in exactly one stop or fault', () => {
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 5 }), (chunks) => {
        const reader = gemini.upstream.eventReader(readContext())
        const events = [...chunks.flatMap((chunk) => reader.push({ data: JSON.stringify(chunk) })), ...reader.end()]
        expect(events.filter(({ type }) => type === 'stop' || type === 'fault')).toHaveLength(1)
        expect(fold(events)).toBeDefined()
        const writer = gemini.client.eventWriter(ask({ stream: 'json-array' }), writeContext)
        JSON.parse(events.map((event) => writer.push(event)).join(''))
      }),
      { numRuns: 500 },
    )
  })

  it('an error is a fault', () => {
    fc.assert(
      fc.property(json, fc.integer({ min: 100, max: 599 }), (error, status) => {
        const read = gemini.upstream.readFault({ status, headers: {}, text: JSON.stringify({ error }) })
        expect(gemini.client.writeFault(read, 'r').status).toBeGreaterThan(199)
      }),
      { numRuns: 500 },
    )
  })

  it('a forwarded request and answer are looked at without harm', () => {
    fc.assert(
      fc.property(body, answer, (sent, received) => {
        const incoming = { body: sent, headers: {}, path: { model: 'm', stream: 'sse' as const } }
        gemini.forwarding.peek(incoming)
        gemini.forwarding.edits(incoming, target())
        gemini.forwarding.readReply(received)
        const watcher = gemini.forwarding.watcher()
        const data = JSON.stringify(received)
        watcher.see({ data, raw: Buffer.from(data) })
        JSON.stringify(watcher.seen)
      }),
      { numRuns: 500 },
    )
  })
})
