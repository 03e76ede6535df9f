import { describe, expect, it } from 'vitest'
import { gemini } from '../../../src/dialects/gemini/index.ts'
import type { ChatEvent } from '../../../src/model/event.ts'
import { fold, type Reply } from '../../../src/model/reply.ts'
import { noUsage } from '../../../src/model/usage.ts'
import { goldenChunks, goldenReply } from './golden.ts'
import { chunk, eventsOf, readContext, stream } from './support.ts'

const replyOf = (events: readonly ChatEvent[]): Reply => {
  const folded = fold(events)
  if (!folded.ok) throw new Error(`a fault: ${folded.fault.message}`)
  return folded.reply
}

const partsOf = (chunks: readonly unknown[]) => replyOf(eventsOf([stream(chunks)])).parts
const done = { finishReason: 'STOP' }

describe('the golden stream', () => {
  const bytes = stream(goldenChunks)

  it('folds to the reply', () => {
    expect(replyOf(eventsOf([bytes]))).toEqual({ ...goldenReply, id: 'r1', model: 'm' })
  })

  it('gives the same events wherever its bytes are cut', () => {
    const whole = eventsOf([bytes])
    for (let at = 0; at <= bytes.length; at++)
      expect(eventsOf([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole)
    expect(eventsOf([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole)
  })

  it('is a fault, never a stop, when it breaks off', () => {
    const last = bytes.length - 4
    for (let at = 0; at < last; at++) {
      const events = eventsOf([bytes.subarray(0, at)])
      expect(events.at(-1), `cut at ${at}`).toMatchObject({ type: 'fault', fault: { class: 'bad_gateway' } })
      expect(events.filter(({ type }) => type === 'stop')).toEqual([])
    }
  })

  it('opens and closes every part once, in order', () => {
    const open = new Set<number>()
    let next = 0
    for (const event of eventsOf([bytes])) {
      if (event.type === 'open') {
        expect(event.index).toBe(next++)
        open.add(event.index)
      }
      if (event.type === 'delta') expect(open.has(event.index)).toBe(true)
      if (event.type === 'close') expect(open.delete(event.index)).toBe(true)
    }
    expect(open.size).toBe(0)
  })
})

describe('parts', () => {
  const cases: { name: string; chunks: unknown[]; parts: unknown[] }[] = [
    {
      name: 'text is one part however often it is cut',
      chunks: [chunk([{ text: 'Hel' }]), chunk([{ text: 'lo' }, { text: '!' }], done)],
      parts: [{ kind: 'text', text: 'Hello!' }],
    },
    {
      name: 'a signature on a trailing empty text sits on the text before it (T76)',
      chunks: [chunk([{ text: 'Hello' }]), chunk([{ text: '', thoughtSignature: 'c2ln' }], done)],
      parts: [{ kind: 'text', text: 'Hello', seal: { dialect: 'gemini', kind: 'thought', data: 'c2ln' } }],
    },
    {
      name: 'a signature behind a signed call stays a part of its own',
      chunks: [
        chunk([{ functionCall: { name: 'f', args: {} }, thoughtSignature: 'YQ==' }]),
        chunk([{ text: '', thoughtSignature: 'Yg==' }], done),
      ],
      parts: [
        { kind: 'tool_call', name: 'f', arguments: '{}', seal: { data: 'YQ==' } },
        { kind: 'text', text: '', seal: { data: 'Yg==' } },
      ],
    },
    {
      name: 'a signature in the URL-safe alphabet is told in the standard one',
      chunks: [chunk([{ text: 'a', thoughtSignature: 'a-_b' }], done)],
      parts: [{ kind: 'text', seal: { data: 'a+/b' } }],
    },
    {
      name: 'thoughts and words are told apart',
      chunks: [chunk([{ text: 'Hm. ', thought: true }]), chunk([{ text: 'Ok', thought: true }, { text: 'Yes' }], done)],
      parts: [
        { kind: 'thinking', text: 'Hm. Ok', form: 'summary' },
        { kind: 'text', text: 'Yes' },
      ],
    },
    {
      name: 'a call without an id gets one, and none is shared',
      chunks: [chunk([{ functionCall: { name: 'f' } }, { functionCall: { name: 'f', args: { a: 1 } } }], done)],
      parts: [
        { kind: 'tool_call', id: 'call_id1', arguments: '{}' },
        { kind: 'tool_call', id: 'call_id2', arguments: '{"a":1}' },
      ],
    },
    {
      name: 'arguments in pieces are put together by their paths',
      chunks: [
        chunk([{ functionCall: { name: 'f', willContinue: true }, thoughtSignature: 'YQ==' }]),
        chunk([{ functionCall: { partialArgs: [piece('$.list[0].name', 'Re')], willContinue: true } }]),
        chunk([{ functionCall: { partialArgs: [piece('$.list[0].name', 'd')], willContinue: true } }]),
        chunk([
          { functionCall: { partialArgs: [{ jsonPath: '$.list[1].price', numberValue: 0.5 }], willContinue: true } },
        ]),
        chunk([{ functionCall: { partialArgs: [{ jsonPath: "$['on']", boolValue: true }], willContinue: true } }]),
        chunk([{ functionCall: {} }]),
        chunk([{ text: '' }], done),
      ],
      parts: [
        {
          kind: 'tool_call',
          name: 'f',
          arguments: '{"list":[{"name":"Red"},{"price":0.5}],"on":true}',
          seal: { data: 'YQ==' },
        },
      ],
    },
    {
      name: 'arguments in pieces end with the next call, or with the answer',
      chunks: [
        chunk([{ functionCall: { name: 'f', willContinue: true } }]),
        chunk([{ functionCall: { partialArgs: [piece('$.a', 'x')], willContinue: true } }]),
        chunk([{ functionCall: { name: 'g', partialArgs: [piece('$.b', 'y')], willContinue: true } }]),
        chunk([{ text: '' }], done),
      ],
      parts: [
        { kind: 'tool_call', name: 'f', arguments: '{"a":"x"}' },
        { kind: 'tool_call', name: 'g', arguments: '{"b":"y"}' },
      ],
    },
    {
      name: 'code runs are a call and its result',
      chunks: [
        chunk([{ executableCode: { language: 'PYTHON', code: 'print(1)' } }]),
        chunk([{ codeExecutionResult: { outcome: 'OUTCOME_FAILED', output: 'no' } }, { text: 'Done' }], done),
      ],
      parts: [
        { kind: 'server_call', id: 'run_id1', tool: 'code', arguments: '{"code":"print(1)","language":"python"}' },
        { kind: 'server_result', id: 'run_id1', tool: 'code', output: 'no', errorCode: 'failed' },
        { kind: 'text', text: 'Done' },
      ],
    },
    {
      name: 'pictures come whole, sound goes on',
      chunks: [
        chunk([{ inlineData: { mimeType: 'image/jpg', data: 'AAAA' } }]),
        chunk([{ inlineData: { mimeType: 'audio/L16;rate=24000', data: 'AQI=' } }]),
        chunk([{ inlineData: { mimeType: 'audio/L16;rate=24000', data: 'AwQ=' } }], done),
      ],
      parts: [
        { kind: 'media', media: 'image', mime: 'image/jpeg', source: { kind: 'base64', data: 'AAAA' } },
        { kind: 'media', media: 'audio', mime: 'audio/l16', source: { kind: 'base64', data: 'AQIDBA==' } },
      ],
    },
    {
      name: 'a part that nobody knows travels as it is',
      chunks: [chunk([{ hologram: { depth: 3 }, thoughtSignature: 'YQ==' }], done)],
      parts: [
        {
          kind: 'opaque',
          dialect: 'gemini',
          type: 'hologram',
          value: { hologram: { depth: 3 } },
          seal: { data: 'YQ==' },
        },
      ],
    },
  ]

  it.each(cases)('$name', ({ chunks, parts }) => {
    const read = partsOf(chunks)
    expect(read).toHaveLength(parts.length)
    expect(read).toMatchObject(parts)
  })
})

describe('grounding', () => {
  const words = '巴黎是法国首都。埃菲尔铁塔在巴黎。'
  const second = '埃菲尔铁塔在巴黎。'
  const start = Buffer.byteLength(words) - Buffer.byteLength(second)
  const grounding = {
    webSearchQueries: ['巴黎'],
    groundingChunks: [{ web: { uri: 'https://a.example/', title: 'A' } }, { web: { uri: 'https://b.example/' } }],
    groundingSupports: [
      {
        segment: { startIndex: start, endIndex: Buffer.byteLength(words), text: second },
        groundingChunkIndices: [1, 7],
      },
    ],
  }
  const chunks = [
    chunk([{ text: words.slice(0, 5) }]),
    chunk([{ text: words.slice(5) }]),
    chunk(
      [{ text: '', thoughtSignature: 'YQ==' }],
      { ...done, groundingMetadata: grounding },
      { usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4 } },
    ),
  ]

  it('counts code points, not bytes (T87)', () => {
    const [part] = partsOf(chunks)
    const citation = part?.kind === 'text' ? part.citations?.[0] : undefined
    expect(citation).toEqual({ kind: 'url', url: 'https://b.example/', start: 8, end: 17, cited: second })
    expect([...words].slice(8, 17).join('')).toBe(second)
  })

  it('tells the search as a call and its result, and counts it', () => {
    const reply = replyOf(eventsOf([stream(chunks)]))
    expect(reply.parts.slice(1)).toMatchObject([
      { kind: 'server_call', tool: 'web_search', arguments: '{"query":"巴黎"}' },
      {
        kind: 'server_result',
        tool: 'web_search',
        hits: [
          { url: 'https://a.example/', title: 'A' },
          { url: 'https://b.example/', title: '' },
        ],
      },
    ])
    expect(reply.usage.searches).toBe(1)
  })

  it('finds the words where the offsets count from elsewhere', () => {
    const moved = structuredClone(grounding)
    for (const support of moved.groundingSupports) support.segment.startIndex += 2
    const [part] = partsOf([chunk([{ text: words }], { ...done, groundingMetadata: moved })])
    expect(part).toMatchObject({ citations: [{ start: 8, end: 17 }] })
  })
})

describe('the end', () => {
  const stopOf = (candidate: object, said: unknown[] = []) => replyOf(eventsOf([stream([chunk(said, candidate)])])).stop

  const cases: [word: string, said: unknown[], reason: string][] = [
    ['STOP', [], 'end'],
    ['STOP', [{ functionCall: { name: 'f' } }], 'tool_calls'],
    ['MAX_TOKENS', [{ text: 'a' }], 'length'],
    ['SAFETY', [], 'filtered'],
    ['RECITATION', [], 'filtered'],
    ['LANGUAGE', [], 'filtered'],
    ['BLOCKLIST', [], 'filtered'],
    ['PROHIBITED_CONTENT', [], 'filtered'],
    ['SPII', [], 'filtered'],
    ['MODEL_ARMOR', [], 'filtered'],
    ['IMAGE_SAFETY', [], 'filtered'],
    ['IMAGE_PROHIBITED_CONTENT', [], 'filtered'],
    ['IMAGE_RECITATION', [], 'filtered'],
    ['IMAGE_OTHER', [], 'filtered'],
    ['OTHER', [], 'filtered'],
    ['OTHER', [{ text: 'a' }], 'end'],
    ['NO_IMAGE', [{ text: 'a' }], 'end'],
    ['NO_IMAGE', [], 'filtered'],
    ['MALFORMED_FUNCTION_CALL', [], 'malformed_call'],
    ['UNEXPECTED_TOOL_CALL', [{ functionCall: { name: 'f' } }], 'malformed_call'],
    ['TOO_MANY_TOOL_CALLS', [], 'malformed_call'],
    ['MALFORMED_RESPONSE', [], 'malformed_call'],
    ['CONTINUATION', [{ text: 'a' }], 'continuation'],
    ['SOMETHING_NEW', [{ text: 'a' }], 'end'],
    ['SOMETHING_NEW', [], 'filtered'],
  ]

  it.each(cases)('%s with %j is %s', (word, said, reason) => {
    expect(stopOf({ finishReason: word }, said)).toMatchObject({ reason, native: word })
  })

  it('explains a failure, but not a success', () => {
    expect(stopOf({ finishReason: 'SAFETY', finishMessage: 'no' }).explanation).toBe('no')
    expect(stopOf({ finishReason: 'STOP', finishMessage: 'fine' }, [{ text: 'a' }]).explanation).toBeUndefined()
  })

  it('is a filtered, empty reply when the prompt was blocked (T96)', () => {
    const blocked = { promptFeedback: { blockReason: 'JAILBREAK', blockReasonMessage: 'no' }, usageMetadata: {} }
    const reply = replyOf(eventsOf([stream([blocked])]))
    expect(reply).toMatchObject({
      parts: [],
      stop: { reason: 'filtered', native: 'JAILBREAK', explanation: 'no' },
    })
    // Told to be nothing, and not left untold, which others would estimate.
    expect(reply.usage).toEqual(noUsage)
    expect(reply.usage).not.toBe(noUsage)
  })

  it('waits for usage that follows the finish reason, and ignores content that does', () => {
    const reply = replyOf(
      eventsOf([
        stream([
          chunk([{ text: 'a' }], done),
          chunk([{ text: 'b' }]),
          { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1 } },
        ]),
      ]),
    )
    expect(reply).toMatchObject({ parts: [{ text: 'a' }], usage: { input: 3, output: 1 } })
  })

  it('takes frames for nothing once it is over', () => {
    const reader = gemini.upstream.eventReader(readContext())
    reader.push({ data: JSON.stringify(chunk([{ text: 'a' }], done)) })
    expect(reader.end().at(-1)?.type).toBe('stop')
    expect(reader.push({ data: JSON.stringify(chunk([{ text: 'b' }])) })).toEqual([])
    expect(reader.end()).toEqual([])
  })

  it('tells several answers apart', () => {
    const two = (texts: [string, string], candidate: object) => ({
      candidates: texts.map((said, index) => ({
        content: { role: 'model', parts: [{ text: said }] },
        index,
        ...candidate,
      })),
    })
    expect(replyOf(eventsOf([stream([two(['a', 'x'], {}), two(['b', 'y'], done)])]))).toMatchObject({
      parts: [{ text: 'ab' }],
      others: [{ parts: [{ text: 'xy' }], stop: { reason: 'end' } }],
    })
  })
})

describe('faults in a stream', () => {
  const error = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }

  it.each([
    ['an object', error],
    ['an array', [error]],
  ])('an error as %s ends it (T94)', (_, frame) => {
    const events = eventsOf([stream([chunk([{ text: 'a' }], {}, { usageMetadata: { promptTokenCount: 9 } }), frame])])
    expect(events.slice(-2)).toMatchObject([
      { type: 'usage', usage: { input: 9 } },
      { type: 'fault', fault: { class: 'overloaded', message: 'The model is overloaded.' } },
    ])
  })

  it.each(['nonsense', '12', 'null', '"text"'])('%s is no answer', (data) => {
    const reader = gemini.upstream.eventReader(readContext())
    expect(reader.push({ data })).toMatchObject([{ type: 'fault', fault: { class: 'bad_gateway' } }])
    expect(reader.end()).toEqual([])
  })

  it('passes over keep-alives and a borrowed end mark', () => {
    const bytes = Buffer.concat([
      Buffer.from(': wait\n\n'),
      stream([chunk([{ text: 'a' }], done)]),
      Buffer.from('data: [DONE]\n\n'),
    ])
    expect(replyOf(eventsOf([bytes])).parts).toEqual([{ kind: 'text', text: 'a' }])
  })
})

describe('usage', () => {
  const usageOf = (...messages: object[]) =>
    replyOf(
      eventsOf([
        stream(
          messages
            .map((usageMetadata) => chunk([{ text: 'a' }], {}, { usageMetadata }))
            .concat(chunk([{ text: '' }], done)),
        ),
      ]),
    ).usage

  it('is a running total: the last counts (US-04)', () => {
    expect(
      usageOf(
        { promptTokenCount: 10, candidatesTokenCount: 1 },
        { promptTokenCount: 10, candidatesTokenCount: 5 },
        { trafficType: 'ON_DEMAND' },
      ),
    ).toMatchObject({ input: 10, output: 5 })
  })

  it('takes cached tokens out of the prompt and leaves thoughts beside the answer (US-03, T86)', () => {
    const counts = {
      promptTokenCount: 200,
      cachedContentTokenCount: 50,
      candidatesTokenCount: 30,
      thoughtsTokenCount: 70,
      toolUsePromptTokenCount: 10,
    }
    expect(usageOf(counts)).toMatchObject({ input: 160, cacheRead: 50, output: 30, reasoning: 70 })
  })

  it('tells sound and pictures apart, of which some may be cached', () => {
    const counts = {
      promptTokenCount: '100',
      cachedContentTokenCount: 20,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 40 },
        { modality: 'AUDIO', tokenCount: 35 },
        { modality: 'IMAGE', tokenCount: 25 },
      ],
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 20 }],
      candidatesTokenCount: 1300,
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
    }
    expect(usageOf(counts)).toMatchObject({
      input: 40,
      cacheRead: 20,
      inputAudio: 15,
      inputImage: 25,
      output: 10,
      outputImage: 1290,
    })
  })

  it('never falls below nothing', () => {
    expect(usageOf({ promptTokenCount: 5, cachedContentTokenCount: 9 })).toMatchObject({ input: 0, cacheRead: 5 })
  })
})

function piece(jsonPath: string, stringValue: string) {
  return { jsonPath, stringValue, willContinue: true }
}
