import { describe, expect, it } from 'vitest'
import { gemini } from '../../../src/dialects/gemini/index.ts'
import type { ChatEvent } from '../../../src/model/event.ts'
import { fault } from '../../../src/model/fault.ts'
import type { Part } from '../../../src/model/part.ts'
import { fold, type Reply, tell } from '../../../src/model/reply.ts'
import type { ChatRequest } from '../../../src/model/request.ts'
import { noUsage } from '../../../src/model/usage.ts'
import { goldenChunks, goldenEvents, goldenReply } from './golden.ts'
import { ask, call, eventsOf, seal, text, writeContext } from './support.ts'

const shown = ask({ format: 'gemini', stream: 'sse', thinking: { mode: 'default', show: 'summary' } })

const write = (events: Iterable<ChatEvent>, request: ChatRequest = shown): string => {
  const writer = gemini.client.eventWriter(request, writeContext)
  return [...events].map((event) => writer.push(event)).join('')
}

const chunksOf = (sse: string): Record<string, unknown>[] =>
  sse
    .split('\r\n\r\n')
    .filter((frame) => frame !== '')
    .map((frame) => JSON.parse(frame.replace(/^data: /, '')))

const replyOf = (parts: readonly Part[], more: Partial<Reply> = {}): Reply => ({
  parts,
  stop: { reason: 'end' },
  usage: noUsage,
  ...more,
})

/** The parts of all chunks, without the empty one that ends every stream. */
const partsOf = (reply: Reply, request = shown): unknown[] =>
  chunksOf(write(tell(reply), request))
    .flatMap((chunk) => (chunk as { candidates: { content: { parts: unknown[] } }[] }).candidates)
    .flatMap((candidate) => candidate.content.parts)
    .slice(0, -1)

describe('server-sent events', () => {
  const sse = write(goldenEvents)

  it('are the golden chunks', () => {
    expect(chunksOf(sse)).toEqual(goldenChunks)
  })

  it('are data alone: no event names, no comments, no end mark (T81, T115)', () => {
    const lines = sse.split('\r\n').filter((line) => line !== '')
    expect(lines.every((line) => line.startsWith('data: {'))).toBe(true)
    expect(sse.endsWith('}\r\n\r\n')).toBe(true)
  })

  it('have the role and a part in every chunk, and usage with the finish reason in the last (T79, T114)', () => {
    const chunks = chunksOf(sse)
    for (const chunk of chunks)
      expect(chunk).toMatchObject({ candidates: [{ content: { role: 'model', parts: [expect.anything()] } }] })
    expect(chunks.map((chunk) => 'usageMetadata' in chunk)).toEqual([false, false, false, false, true])
  })

  it('read as the reply that was written', () => {
    const folded = fold(eventsOf([Buffer.from(sse)]))
    expect(folded).toEqual({ ok: true, reply: { ...goldenReply, id: 'r1', model: 'm' } })
  })

  it('say nothing after the end', () => {
    const writer = gemini.client.eventWriter(shown, writeContext)
    for (const event of goldenEvents) writer.push(event)
    expect(writer.push({ type: 'open', index: 9, part: text('more') })).toBe('')
    expect(writer.push({ type: 'fault', fault: fault('internal', 'late') })).toBe('')
  })
})

describe('an array of elements', () => {
  const request = { ...shown, stream: 'json-array' } as const

  it('is valid JSON of the same chunks (SG-05)', () => {
    expect(JSON.parse(write(goldenEvents, request))).toEqual(goldenChunks)
  })

  it.each([0, 2, 5, 9])('is valid JSON when a fault comes after %i events', (count) => {
    const events: ChatEvent[] = [...goldenEvents.slice(0, count), { type: 'fault', fault: fault('overloaded', 'busy') }]
    const elements: unknown[] = JSON.parse(write(events, request))
    expect(elements.at(-1)).toMatchObject({ error: { code: 503, status: 'UNAVAILABLE', message: 'busy' } })
  })
})

describe('parts', () => {
  const signature = seal('c2ln')
  const cases: { name: string; reply: Reply; request?: ChatRequest; parts: unknown[] }[] = [
    {
      name: 'thoughts are shown to clients that asked alone',
      reply: replyOf([{ kind: 'thinking', text: 'Hm', form: 'raw' }, text('Yes')]),
      request: ask({ stream: 'sse' }),
      parts: [{ text: 'Yes' }],
    },
    {
      name: 'state of a hidden thought is told all the same (TH-21)',
      reply: replyOf([{ kind: 'thinking', text: 'Hm', form: 'summary', seal: signature }, text('Yes')]),
      request: ask({ stream: 'sse' }),
      parts: [{ text: '', thoughtSignature: 'c2ln' }, { text: 'Yes' }],
    },
    {
      name: 'a sealed text is signed behind its end',
      reply: replyOf([{ ...text('Yes'), seal: signature }]),
      parts: [{ text: 'Yes' }, { text: '', thoughtSignature: 'c2ln' }],
    },
    {
      name: 'a call without arguments has an empty object',
      reply: replyOf([call('c1', 'f', '')]),
      parts: [{ functionCall: { id: 'c1', name: 'f', args: {} } }],
    },
    {
      name: 'arguments that are no object are wrapped',
      reply: replyOf([call('c1', 'f', '[1]'), call('c2', 'f', '{"a')]),
      parts: [
        { functionCall: { id: 'c1', name: 'f', args: { value: [1] } } },
        { functionCall: { id: 'c2', name: 'f', args: { _raw: '{"a' } } },
      ],
    },
    {
      name: 'a picture is inline data',
      reply: replyOf([{ kind: 'media', media: 'image', mime: 'image/png', source: { kind: 'base64', data: 'AAAA' } }]),
      parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
    },
    {
      name: 'a code run of any vendor',
      reply: replyOf([
        { kind: 'server_call', id: 's', tool: 'code', name: 'x', arguments: '{"code":"print(1)","language":"python"}' },
        { kind: 'server_result', id: 's', tool: 'code', name: 'x', output: '1\n' },
      ]),
      parts: [
        { executableCode: { language: 'PYTHON', code: 'print(1)' } },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } },
      ],
    },
    {
      name: 'parts that only this format has',
      reply: replyOf([
        { kind: 'opaque', dialect: 'gemini', type: 'hologram', value: { hologram: 1 }, seal: signature },
        { kind: 'opaque', dialect: 'anthropic-messages', type: 'fossil', value: { fossil: 1 } },
      ]),
      parts: [{ hologram: 1, thoughtSignature: 'c2ln' }],
    },
  ]

  it.each(cases)('$name', ({ reply, request, parts }) => {
    expect(partsOf(reply, request)).toEqual(parts)
  })
})

describe('the end', () => {
  const lastOf = (reply: Reply, request = shown) =>
    (chunksOf(write(tell(reply), request)).at(-1) as { candidates: Record<string, unknown>[] }).candidates

  it.each([
    ['end', 'STOP'],
    ['tool_calls', 'STOP'],
    ['stop_sequence', 'STOP'],
    ['pause', 'STOP'],
    ['compaction', 'STOP'],
    ['length', 'MAX_TOKENS'],
    ['context_window', 'MAX_TOKENS'],
    ['filtered', 'SAFETY'],
    ['refusal', 'SAFETY'],
    ['malformed_call', 'MALFORMED_FUNCTION_CALL'],
    ['continuation', 'CONTINUATION'],
  ] as const)('%s is %s', (reason, word) => {
    expect(lastOf(replyOf([], { stop: { reason } }))).toMatchObject([{ finishReason: word }])
  })

  it('keeps the vendor’s own word as long as it is still true', () => {
    const filtered = { reason: 'filtered', native: 'RECITATION' } as const
    expect(lastOf(replyOf([], { stop: filtered }))).toMatchObject([{ finishReason: 'RECITATION' }])
    const cut = { reason: 'stop_sequence', native: 'MAX_TOKENS' } as const
    expect(lastOf(replyOf([], { stop: cut }))).toMatchObject([{ finishReason: 'STOP' }])
    const foreign = { reason: 'end', native: 'end_turn' } as const
    expect(lastOf(replyOf([], { stop: foreign }))).toMatchObject([{ finishReason: 'STOP' }])
  })

  it('says a refusal in words when there are none', () => {
    const stop = { reason: 'refusal', explanation: 'I will not.' } as const
    expect(lastOf(replyOf([], { stop }))).toMatchObject([
      { finishReason: 'SAFETY', finishMessage: 'I will not.', content: { parts: [{ text: 'I will not.' }] } },
    ])
    expect(lastOf(replyOf([{ kind: 'refusal', text: 'No.' }], { stop }))).toMatchObject([
      { content: { parts: [{ text: '' }] } },
    ])
  })

  it('ends every answer', () => {
    const reply = replyOf([text('a')], { others: [{ parts: [text('b')], stop: { reason: 'length' } }] })
    expect(lastOf(reply)).toMatchObject([
      { index: 0, finishReason: 'STOP' },
      { index: 1, finishReason: 'MAX_TOKENS' },
    ])
  })

  it('tells searches and sources with offsets in bytes', () => {
    const said = '你好 world'
    const reply = replyOf([
      { kind: 'server_call', id: 's', tool: 'web_search', name: 'web_search', arguments: '{"query":"q"}' },
      {
        kind: 'server_result',
        id: 's',
        tool: 'web_search',
        name: 'web_search',
        hits: [{ url: 'https://a.example/', title: 'A' }],
      },
      text('前'),
      { ...text(said), citations: [{ kind: 'url', url: 'https://b.example/', title: 'B', start: 0, end: 2 }] },
    ])
    expect(lastOf(reply)[0]?.groundingMetadata).toEqual({
      webSearchQueries: ['q'],
      groundingChunks: [
        { web: { uri: 'https://a.example/', title: 'A' } },
        { web: { uri: 'https://b.example/', title: 'B' } },
      ],
      groundingSupports: [{ segment: { startIndex: 3, endIndex: 9, text: '你好' }, groundingChunkIndices: [1] }],
    })
  })

  it('tells probabilities to clients that asked', () => {
    const logprobs = [{ token: 'a', logprob: -0.1, top: [{ token: 'b', logprob: -2 }] }]
    const reply = replyOf([{ ...text('a'), logprobs }])
    const request = { ...shown, sampling: { logprobs: true } }
    expect(lastOf(reply, request)[0]?.logprobsResult).toEqual({
      chosenCandidates: [{ token: 'a', logProbability: -0.1 }],
      topCandidates: [{ candidates: [{ token: 'b', logProbability: -2 }] }],
    })
    expect(lastOf(reply)[0]).not.toHaveProperty('logprobsResult')
  })
})

describe('a fault in the stream', () => {
  it('is a frame of its own, the last', () => {
    const events: ChatEvent[] = [
      { type: 'start' },
      { type: 'open', index: 0, part: text('') },
      { type: 'delta', index: 0, delta: { kind: 'text', text: 'a' } },
      { type: 'fault', fault: fault('rate_limit', 'slow down', { retryAfterMs: 12_000 }) },
    ]
    const chunks = chunksOf(write(events))
    expect(chunks).toHaveLength(2)
    expect(chunks[1]).toMatchObject({ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } })
  })

  it('keeps an idle stream alive with a chunk that means nothing', () => {
    const [beat] = chunksOf(gemini.client.heartbeat)
    expect(beat).toEqual({
      candidates: [{ index: 0, content: { role: 'model', parts: [{ text: '', thought: true }] } }],
    })
  })
})
