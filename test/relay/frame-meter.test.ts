import { describe, expect, it } from 'vitest'
import { dialects } from '../../src/dialects/index.ts'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { estimateTokens } from '../../src/model/estimate.ts'
import { FrameMeter, tokensIn } from '../../src/relay/frame-meter.ts'
import { sseReader } from '../../src/wire/sse.ts'

const sse = (value: unknown, event?: string) =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`

const block = (delta: object) => sse({ type: 'content_block_delta', index: 0, delta }, 'content_block_delta')
const chunk = (delta: object, index = 0) =>
  sse({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index, delta }] })
const response = (type: string, fields: object) => sse({ type, item_id: 'item_1', output_index: 0, ...fields }, type)
const candidate = (part: object) =>
  sse({ candidates: [{ content: { parts: [part], role: 'model' }, index: 0 }], modelVersion: 'm', responseId: 'r' })

type Frame = (text: string, at: number) => string

/** What a model says, in each format's frames: texts, thoughts and arguments of tools. */
const frames: Record<DialectId, { text: Frame; thought: Frame; call: Frame }> = {
  'anthropic-messages': {
    text: (text) => block({ type: 'text_delta', text }),
    thought: (thinking) => block({ type: 'thinking_delta', thinking }),
    call: (partial_json) => block({ type: 'input_json_delta', partial_json }),
  },
  'openai-chat': {
    text: (content) => chunk({ content }),
    thought: (reasoning_content) => chunk({ reasoning_content, content: null }),
    call: (text) => chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] }),
  },
  'openai-responses': {
    text: (delta, at) =>
      response('response.output_text.delta', {
        sequence_number: at,
        delta,
        logprobs: [],
        obfuscation: 'x'.repeat(at % 9),
      }),
    thought: (delta, at) => response('response.reasoning_summary_text.delta', { sequence_number: at, delta }),
    call: (delta, at) => response('response.function_call_arguments.delta', { sequence_number: at, delta }),
  },
  gemini: {
    text: (text) => candidate({ text }),
    thought: (text) => candidate({ text, thought: true }),
    call: (text) => candidate({ functionCall: { partialArgs: [{ jsonPath: '$.a', stringValue: text }] } }),
  },
}

const prose = 'The quick brown fox jumps over a lazy dog, and nobody is surprised. '.repeat(70)
const chinese = '你好，世界！今天天气很好，我们去公园散步吧。'.repeat(40)
const lines = 'if (a[1] === "x") {\n\treturn \\d+;\n}\n'.repeat(60)
const json = JSON.stringify(
  Array.from({ length: 40 }, (_, at) => ({ city: `Town ${at}`, isOpen: at % 2 === 0, rating: at * 1.5 })),
)

const cut = (text: string, size: number): readonly string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size))

/** How a text may come. */
const shapes: Readonly<Record<string, readonly string[]>> = {
  'one huge delta': [prose],
  'deltas of one length': cut(prose, 40),
  'single words': prose.match(/\s?\S+/g) ?? [],
  'single letters': [...prose.slice(0, 700)],
  'Chinese characters': [...chinese],
  'Chinese sentences': cut(chinese, 22),
  'line ends, quotes and backslashes': cut(lines, 7),
  'pieces of JSON': cut(json, 12),
}

function metered(dialect: DialectId, stream: string): FrameMeter {
  const meter = new FrameMeter(dialects[dialect].forwarding.texts.frame)
  for (const { raw } of sseReader().push(Buffer.from(stream))) meter.add(raw)
  return meter
}

const isNear = (tokens: number, text: string): void => {
  const right = estimateTokens(text)
  expect(tokens).toBeGreaterThanOrEqual(right * 0.75)
  expect(tokens).toBeLessThanOrEqual(right * 1.25)
}

describe.each(dialectIds)('a meter of %s frames', (dialect) => {
  const { text, thought, call } = frames[dialect]

  describe.each(Object.entries({ text, thought, call }))('counts a %s as it is estimated whole', (_, frame) => {
    it.each(Object.entries(shapes))('in %s', (_, deltas) => {
      const meter = metered(dialect, deltas.map(frame).join(''))
      isNear(meter.roughly, deltas.join(''))
      isNear(meter.tokens, deltas.join(''))
    })
  })

  it('counts escapes as the characters that they are', () => {
    const escaped = text('✂', 0).replace(
      '✂',
      [...chinese].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    )
    isNear(metered(dialect, escaped).tokens, chinese)
  })

  it('counts thoughts, texts and calls that come by turns', () => {
    const stream = cut(prose, 30)
      .map((piece, at) => [thought, text, call][at % 3]?.(piece, at) ?? '')
      .join('')
    isNear(metered(dialect, stream).tokens, prose)
  })

  it('counts the same wherever the bytes are cut', () => {
    const bytes = Buffer.from(['Hello, ', '世界', ' and\n"you"'].map(text).join(''))
    const whole = metered(dialect, bytes.toString()).tokens
    for (let at = 1; at < bytes.length; at++) {
      const meter = new FrameMeter(dialects[dialect].forwarding.texts.frame)
      const reader = sseReader()
      for (const part of [bytes.subarray(0, at), bytes.subarray(at)])
        for (const { raw } of reader.push(part)) meter.add(raw)
      expect(meter.tokens).toBe(whole)
    }
  })

  it('takes the vendor’s word for what was said before it', () => {
    const meter = new FrameMeter(dialects[dialect].forwarding.texts.frame)
    const say = (words: string, at: number) => meter.add(Buffer.from(text(words, at)))
    meter.told()
    expect(meter.isTold).toBe(false)
    for (const [at, words] of cut(prose, 40).entries()) say(words, at)
    expect(meter.tokensAfter(1)).toBe(meter.tokens)
    meter.told()
    expect([meter.isTold, meter.tokensAfter(77)]).toEqual([true, 77])
    say('one more', 200)
    expect(meter.tokensAfter(77)).toBe(79)
    meter.told(5)
    expect([meter.tokens, meter.roughly]).toEqual([5, 5])
  })

  it('counts nothing of nothing, something of a single frame, and what it can of a broken one', () => {
    expect(new FrameMeter(dialects[dialect].forwarding.texts.frame).tokens).toBe(0)
    expect(metered(dialect, text('Hello', 1)).tokens).toBe(1)
    for (const end of [1, 7, 20, 60])
      expect(metered(dialect, `${text('Hello', 1).slice(0, -end)}\n\n`).tokens).toBeLessThan(3)
  })
})

/** What frames hold beside what they say: [name, format, frames, what is said of them]. */
const rows: readonly (readonly [string, DialectId, string, string])[] = [
  [
    'three answers by turns',
    'openai-chat',
    cut(prose, 40)
      .map((content, at) => [0, 1, 2].map((index) => chunk({ content: `${content}${at}` }, index)).join(''))
      .join(''),
    prose.repeat(3),
  ],
  [
    'three answers in each frame',
    'openai-chat',
    cut(prose, 40)
      .map((content) => sse({ id: 'c', choices: [0, 1, 2].map((index) => ({ index, delta: { content } })) }))
      .join(''),
    prose.repeat(3),
  ],
  [
    'one thought under three names',
    'openai-chat',
    cut(prose, 40)
      .map((text) =>
        chunk({
          reasoning_content: text,
          content: '',
          reasoning: text,
          reasoning_details: [{ type: 'reasoning.text', text }],
        }),
      )
      .join(''),
    prose,
  ],
  [
    'lists of content',
    'openai-chat',
    cut(prose, 40)
      .map((text) => chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] }))
      .join(''),
    prose,
  ],
  [
    'log probabilities and sources',
    'openai-chat',
    cut(prose, 40)
      .map((content) =>
        sse({
          choices: [
            {
              delta: { content, annotations: [{ type: 'url_citation', url_citation: { content: prose } }] },
              logprobs: { content: [{ token: content, bytes: [1, 2], top_logprobs: [{ token: content }] }] },
            },
          ],
        }),
      )
      .join(''),
    prose,
  ],
  [
    'the whole text again at the end',
    'openai-responses',
    [
      ...cut(prose, 40).map(frames['openai-responses'].text),
      response('response.output_text.done', { text: prose }),
      response('response.content_part.done', { part: { type: 'output_text', text: prose } }),
      response('response.output_item.done', {
        item: { type: 'message', content: [{ type: 'output_text', text: prose }] },
      }),
      response('response.completed', { response: { output: [{ content: [{ text: prose }] }] } }),
    ].join(''),
    prose,
  ],
  [
    'signs of life, signatures and results of tools',
    'anthropic-messages',
    [
      sse({ type: 'ping' }, 'ping'),
      ': comment "text":"no"\n\n',
      ...cut(prose, 40).map(frames['anthropic-messages'].text),
      block({ type: 'signature_delta', signature: 'EqQB'.repeat(200) }),
      sse(
        {
          type: 'content_block_start',
          content_block: { type: 'web_search_tool_result', content: [{ title: prose, url: 'https://example.com' }] },
        },
        'content_block_start',
      ),
    ].join(''),
    prose,
  ],
  [
    'whole arguments of a call',
    'gemini',
    candidate({ functionCall: { name: 'find', args: { towns: JSON.parse(json) } } }),
    json,
  ],
  [
    'sources and pictures',
    'gemini',
    [
      ...cut(prose, 40).map(frames.gemini.text),
      candidate({ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo'.repeat(500) } }),
      sse({
        candidates: [
          { content: { parts: [] }, groundingMetadata: { groundingSupports: [{ segment: { text: prose } }] } },
        ],
      }),
    ].join(''),
    prose,
  ],
]

describe('a meter of frames', () => {
  it.each(rows)('counts what is said, once, of %s', (_, dialect, stream, said) =>
    isNear(metered(dialect, stream).tokens, said),
  )
})

const replies: Record<DialectId, object> = {
  'anthropic-messages': {
    type: 'message',
    content: [
      { type: 'thinking', thinking: prose, signature: 'x'.repeat(900) },
      { type: 'text', text: chinese },
    ],
  },
  'openai-chat': {
    choices: [
      { index: 0, message: { role: 'assistant', content: chinese, reasoning: prose, reasoning_content: prose } },
    ],
  },
  'openai-responses': {
    instructions: prose,
    tools: [{ name: 'f', description: prose }],
    output: [
      { type: 'reasoning', summary: [{ type: 'summary_text', text: prose }] },
      { type: 'message', content: [{ type: 'output_text', text: chinese }] },
    ],
  },
  gemini: { candidates: [{ content: { parts: [{ text: prose, thought: true }, { text: chinese }] } }] },
}

describe('a whole answer', () => {
  it.each(dialectIds)('of %s is counted by what it says', (dialect) =>
    isNear(
      tokensIn(Buffer.from(JSON.stringify(replies[dialect])), dialects[dialect].forwarding.texts.reply),
      prose + chinese,
    ),
  )
})
