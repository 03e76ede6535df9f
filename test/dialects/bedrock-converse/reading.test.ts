import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bedrockConverse } from '../../../src/dialects/bedrock-converse/index.ts'
import type { UpstreamFrame } from '../../../src/dialects/dialect.ts'
import { anyModel } from '../../../src/model/capability.ts'
import type { ChatEvent } from '../../../src/model/event.ts'
import { fold } from '../../../src/model/reply.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { eventStreamReader, writeEventStream } from '../../../src/wire/eventstream.ts'

const context = () => {
  let made = 0
  return { target: { model: 'm', capabilities: anyModel, quirks: bedrockConverse.quirks }, newId: () => `new${++made}` }
}

const answer = (content: unknown, more: object = {}) => ({
  output: { message: { role: 'assistant', content } },
  stopReason: 'end_turn',
  usage: { inputTokens: 5, outputTokens: 7, totalTokens: 12 },
  ...more,
})
const read = (body: unknown) => bedrockConverse.readReply(body, context())
const weather = { toolUse: { toolUseId: 'c1', name: 'weather', input: { city: 'Oslo' } } }

describe('a whole answer', () => {
  it.each<[string, unknown[], unknown[]]>([
    ['text', [{ text: 'Hi' }], [{ kind: 'text', text: 'Hi' }]],
    ['nothing said', [{ text: '' }], []],
    [
      'thoughts',
      [
        { reasoningContent: { reasoningText: { text: 'hm', signature: 'S' } } },
        { reasoningContent: { redactedContent: 'R' } },
      ],
      [
        {
          kind: 'thinking',
          text: 'hm',
          form: 'raw',
          seal: { dialect: 'bedrock-converse', kind: 'signature', data: 'S' },
        },
        {
          kind: 'thinking',
          text: '',
          form: 'redacted',
          seal: { dialect: 'bedrock-converse', kind: 'redacted', data: 'R' },
        },
      ],
    ],
    [
      'a call',
      [weather],
      [{ kind: 'tool_call', id: 'c1', name: 'weather', tool: { flavor: 'function' }, arguments: '{"city":"Oslo"}' }],
    ],
    [
      'a call without an id',
      [{ toolUse: { name: 'weather' } }],
      [{ kind: 'tool_call', id: 'call_new1', name: 'weather', tool: { flavor: 'function' }, arguments: '' }],
    ],
    [
      'cited text',
      [
        {
          citationsContent: {
            content: [{ text: 'Rain' }],
            citations: [
              { title: 'W', location: { web: { url: 'https://w.example' } }, sourceContent: [{ text: 'rain' }] },
              { title: 'D', location: { documentPage: { start: 1 } } },
            ],
          },
        },
      ],
      [
        {
          kind: 'text',
          text: 'Rain',
          citations: [
            { kind: 'url', url: 'https://w.example', title: 'W', cited: 'rain' },
            {
              kind: 'native',
              dialect: 'bedrock-converse',
              type: 'citation',
              value: { title: 'D', location: { documentPage: { start: 1 } } },
            },
          ],
        },
      ],
    ],
    [
      'what nobody knows',
      [{ novelty: { a: 1 } }],
      [{ kind: 'opaque', dialect: 'bedrock-converse', type: 'novelty', value: { novelty: { a: 1 } } }],
    ],
    ['garbage', [null, 3, 'x', [], { text: 3 }], []],
  ])('%s', (_name, content, parts) => {
    const reply = read(answer(content))
    expect(reply.ok && reply.value.parts.filter((part) => part.kind !== 'opaque' || part.type !== 'block')).toEqual(
      parts,
    )
  })

  it.each([
    ['end_turn', [{ text: 'x' }], 'end'],
    ['end_turn', [weather], 'tool_calls'],
    ['tool_use', [weather], 'tool_calls'],
    ['tool_use', [{ text: 'x' }], 'end'],
    ['max_tokens', [weather], 'length'],
    ['guardrail_intervened', [], 'filtered'],
    ['content_filtered', [], 'filtered'],
    ['malformed_tool_use', [], 'malformed_call'],
    ['model_context_window_exceeded', [], 'context_window'],
    ['something_new', [], 'end'],
  ])('stops: %s beside %j is %s', (stopReason, content, reason) => {
    const reply = read(answer(content, { stopReason }))
    expect(reply.ok && reply.value.stop).toEqual({ reason, native: stopReason })
  })

  it('tells the stop string', () => {
    const reply = read(
      answer([], { stopReason: 'stop_sequence', additionalModelResponseFields: { stop_sequence: 'X' } }),
    )
    expect(reply.ok && reply.value.stop).toMatchObject({ reason: 'stop_sequence', sequence: 'X' })
  })

  it.each([
    [
      { inputTokens: 5, outputTokens: 7 },
      { input: 5, output: 7 },
    ],
    [
      {
        inputTokens: 5,
        outputTokens: 7,
        cacheReadInputTokens: 3,
        cacheWriteInputTokens: 9,
        cacheDetails: [
          { ttl: '1h', inputTokens: 4 },
          { ttl: '5m', inputTokens: 5 },
        ],
      },
      { input: 5, output: 7, cacheRead: 3, cacheWrite1h: 4, cacheWrite5m: 5 },
    ],
    [{ inputTokens: -1, outputTokens: 'x', cacheDetails: [null, { ttl: '1h', inputTokens: 4 }] }, {}],
    [undefined, {}],
  ])('counts %j', (usage, expected) => {
    const reply = read(answer([], { usage }))
    expect(reply.ok && reply.value.usage).toEqual(usageOf(expected))
  })

  it.each([
    [null, 'bad_gateway'],
    [[[[{}]]], 'bad_gateway'],
    [{}, 'bad_gateway'],
    [{ output: { message: { content: 'x' } } }, 'bad_gateway'],
    [{ __type: 'ThrottlingException', message: 'slow' }, 'rate_limit'],
    [{ message: 'Input is too long for requested model.' }, 'context_length'],
  ])('that is none: %j', (body, expected) => {
    const reply = read(body)
    expect(reply.ok ? 'ok' : reply.fault.class).toBe(expected)
  })
})

/** A stream as it is on the wire, by event name. */
const stream: [string, object][] = [
  ['messageStart', { role: 'assistant', p: 'abc' }],
  ['contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text: 'h' } } }],
  ['contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text: 'm' } } }],
  ['contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { signature: 'S' } } }],
  ['contentBlockStop', { contentBlockIndex: 0 }],
  ['contentBlockDelta', { contentBlockIndex: 1, delta: { text: 'Let me ' } }],
  ['contentBlockDelta', { contentBlockIndex: 1, delta: { text: 'see.' } }],
  ['contentBlockStart', { contentBlockIndex: 2, start: { toolUse: { toolUseId: 'c1', name: 'weather' } } }],
  ['contentBlockDelta', { contentBlockIndex: 2, delta: { toolUse: { input: '{"city":' } } }],
  ['contentBlockDelta', { contentBlockIndex: 2, delta: { toolUse: { input: '"Oslo"}' } } }],
  ['contentBlockStop', { contentBlockIndex: 2 }],
  ['contentBlockStart', { contentBlockIndex: 3, start: { toolUse: { toolUseId: 'c2', name: 'now' } } }],
  ['contentBlockStop', { contentBlockIndex: 3 }],
  ['messageStop', { stopReason: 'tool_use' }],
  ['metadata', { usage: { inputTokens: 5, outputTokens: 7 }, serviceTier: { type: 'flex' } }],
]
const frame = ([event, payload]: [string, object]): UpstreamFrame => ({ event, data: JSON.stringify(payload) })

function play(frames: readonly UpstreamFrame[]): ChatEvent[] {
  const reader = bedrockConverse.eventReader(context())
  return [...frames.flatMap((one) => reader.push(one)), ...reader.end()]
}

describe('a stream', () => {
  const whole = read(
    answer(
      [
        { reasoningContent: { reasoningText: { text: 'hm', signature: 'S' } } },
        { text: 'Let me see.' },
        weather,
        { toolUse: { toolUseId: 'c2', name: 'now' } },
      ],
      { stopReason: 'tool_use', serviceTier: { type: 'flex' } },
    ),
  )

  it('tells the same as the whole answer', () => {
    expect(whole.ok).toBe(true)
    expect(fold(play(stream.map(frame)))).toEqual({ ok: true, reply: whole.ok && whole.value })
  })

  it('tells the same with the usage before the stop, and with the names inside', () => {
    const [stop, metadata] = [stream.at(-2), stream.at(-1)]
    const swapped = [...stream.slice(0, -2), ...[metadata, stop].flatMap((one) => (one ? [one] : []))]
    const inside = stream.map(([event, payload]): UpstreamFrame => ({ data: JSON.stringify({ [event]: payload }) }))
    expect(play(swapped.map(frame))).toEqual(play(stream.map(frame)))
    expect(play(inside)).toEqual(play(stream.map(frame)))
  })

  it.each(stream.map((_, at) => at))('cut before frame %i is a fault, unless it had stopped', (at) => {
    const events = play(stream.slice(0, at).map(frame))
    const hasStopped = stream.slice(0, at).some(([event]) => event === 'messageStop')
    expect(events.at(-1)?.type).toBe(hasStopped ? 'stop' : 'fault')
    expect(events.filter(({ type }) => type === 'stop' || type === 'fault')).toHaveLength(1)
  })

  const wire = Buffer.concat(
    stream.map(([event, payload]) =>
      writeEventStream({
        headers: { ':message-type': 'event', ':event-type': event },
        payload: Buffer.from(JSON.stringify(payload)),
      }),
    ),
  )
  const received = (...pieces: Uint8Array[]): UpstreamFrame[] => {
    const reader = eventStreamReader()
    const messages = pieces.flatMap((piece) => reader.push(piece))
    return messages.map(({ headers, payload }) => ({
      event: headers[':event-type'],
      data: Buffer.from(payload).toString(),
    }))
  }

  it('may be cut at any byte of the wire', () => {
    const complete = JSON.stringify(play(stream.map(frame)))
    for (let at = 0; at <= wire.length; at += 7)
      expect(JSON.stringify(play(received(wire.subarray(0, at), wire.subarray(at))))).toBe(complete)
  })

  it('that breaks off at any byte is a fault, unless it had stopped', () => {
    for (let at = 0; at <= wire.length; at += 7) {
      const frames = received(wire.subarray(0, at))
      const hasStopped = frames.some(({ event }) => event === 'messageStop')
      expect(play(frames).at(-1)?.type).toBe(hasStopped ? 'stop' : 'fault')
    }
  })

  it('ignores what comes after its end, and what it does not know', () => {
    const late = [...stream.map(frame), { event: 'contentBlockDelta', data: '{"delta":{"text":"late"}}' }]
    expect(play(late)).toEqual(play(stream.map(frame)))
    expect(play([{ event: 'initial-response', data: '{}' }, ...stream.map(frame)])).toEqual(play(stream.map(frame)))
  })

  it.each([
    [
      { event: 'throttlingException', data: '{"message":"slow"}' },
      { class: 'rate_limit', message: 'slow', code: 'throttlingException' },
    ],
    [{ event: 'modelStreamErrorException', data: '{}' }, { class: 'bad_gateway' }],
    [{ event: 'serviceUnavailableException', data: '' }, { class: 'overloaded' }],
    [{ event: 'validationException', data: '{"message":"prompt is too long"}' }, { class: 'context_length' }],
    [{ data: '{"internalServerException":{"message":"oh"}}' }, { class: 'internal', message: 'oh' }],
    [{ event: 'contentBlockDelta', data: '{' }, { class: 'bad_gateway' }],
    [
      { event: 'contentBlockDelta', data: '{"contentBlockIndex":9,"delta":{"toolUse":{"input":"{}"}}}' },
      { class: 'bad_gateway' },
    ],
  ] as const)('ends in a fault at %j', (bad, expected) => {
    const events = play([...stream.slice(0, 2).map(frame), bad, ...stream.slice(2).map(frame)])
    expect(events.at(-1)).toMatchObject({ type: 'fault', fault: expected })
  })
})

describe('whatever comes', () => {
  const member = fc.constantFrom(
    'text',
    'toolUse',
    'reasoningContent',
    'citation',
    'image',
    'start',
    'delta',
    'output',
    'message',
    'content',
    'usage',
  )
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.jsonValue(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(member, tie('value'), { maxKeys: 3 }),
    ),
  })).value

  it('an answer is read or is a fault', () => {
    fc.assert(
      fc.property(json, (content) => {
        expect(typeof read(answer(content)).ok).toBe('boolean')
        expect(typeof read(content).ok).toBe('boolean')
      }),
      { numRuns: 500 },
    )
  })

  it('a stream ends once, lawfully', () => {
    const event = fc.constantFrom(
      'messageStart',
      'contentBlockStart',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
      'x',
    )
    const garbage = fc
      .record({ event, payload: json })
      .map(({ event: name, payload }) => ({ event: name, data: JSON.stringify(payload) }))
    const frames = fc.array(fc.oneof(garbage, fc.constantFrom(...stream.map(frame))), { maxLength: 12 })
    fc.assert(
      fc.property(frames, (played) => {
        const events = play(played)
        expect(events.filter(({ type }) => type === 'stop' || type === 'fault')).toHaveLength(1)
        expect(['stop', 'fault']).toContain(events.at(-1)?.type)
        expect(() => fold(events)).not.toThrow()
        const opened = events.flatMap((one) => (one.type === 'open' ? [one.index] : []))
        expect(opened).toEqual(opened.map((_, at) => at))
      }),
      { numRuns: 500 },
    )
  })
})

describe('refusals', () => {
  const refused = (status: number, type: string | undefined, text: string, more: Record<string, string> = {}) =>
    bedrockConverse.readFault({ status, headers: { ...(type && { 'x-amzn-errortype': type }), ...more }, text })

  it.each([
    [429, 'ThrottlingException:http://internal.amazon.com/', '{"message":"Too many requests"}', 'rate_limit'],
    [400, 'ServiceQuotaExceededException', '{}', 'rate_limit'],
    [400, 'ValidationException', '{"message":"Malformed input request"}', 'invalid'],
    [400, 'ValidationException', '{"message":"Input is too long for requested model."}', 'context_length'],
    [400, 'ValidationException', '{"message":"The provided model identifier is invalid."}', 'model_not_found'],
    [404, 'ResourceNotFoundException', '{"message":"no"}', 'model_not_found'],
    [403, 'AccessDeniedException', '{"Message":"You do not have access"}', 'permission'],
    [
      403,
      'UnrecognizedClientException',
      '{"message":"The security token included in the request is invalid."}',
      'auth',
    ],
    [403, 'ExpiredTokenException', '{}', 'auth'],
    [408, 'ModelTimeoutException', '{}', 'timeout'],
    [424, 'ModelErrorException', '{}', 'bad_gateway'],
    [503, 'ServiceUnavailableException', '{}', 'overloaded'],
    [429, 'ModelNotReadyException', '{}', 'overloaded'],
    [500, undefined, '{"__type":"com.amazon.coral#InternalFailure"}', 'internal'],
    [403, undefined, '{"message":"Authentication failed: Please make sure your API Key is valid."}', 'auth'],
    [502, undefined, '<html>Bad Gateway</html>', 'bad_gateway'],
    [418, undefined, '[1]', 'invalid'],
  ])('%i %s %s is %s', (status, type, text, expected) => {
    expect(refused(status, type, text).class).toBe(expected)
  })

  it('tell when to come back, and nothing of where they came from', () => {
    expect(
      refused(429, 'ThrottlingException:http://internal.amazon.com/', '{"message":"slow"}', { 'retry-after': '2' }),
    ).toMatchObject({
      message: 'slow',
      code: 'ThrottlingException',
      retryAfterMs: 2000,
    })
  })
})
