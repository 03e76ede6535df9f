import { describe, expect, it } from 'vitest'
import { gemini } from '../../../src/dialects/gemini/index.ts'
import { envelopeMark } from '../../../src/model/envelope.ts'
import { splice } from '../../../src/wire/splice.ts'
import { sseReader } from '../../../src/wire/sse.ts'
import { goldenChunks, goldenReply } from './golden.ts'
import { chunk, gemini3, stream, target } from './support.ts'

const { forwarding } = gemini
const incoming = (body: Record<string, unknown>) => ({
  body,
  headers: {},
  path: { model: 'models/m', stream: 'sse' as const },
})

describe('peek', () => {
  it('knows the model and the way of streaming from the path, the limit from either spelling', () => {
    expect(forwarding.peek(incoming({ generation_config: { max_output_tokens: '50' } }))).toEqual({
      ok: true,
      value: { model: 'm', stream: 'sse', maxOutput: 50 },
    })
  })

  it('cannot do without a model', () => {
    expect(forwarding.peek({ body: {}, headers: {} })).toMatchObject({ ok: false, fault: { param: 'model' } })
  })
})

describe('edits', () => {
  const edited = (body: Record<string, unknown>, capabilities = {}) => {
    const { edits, lost } = forwarding.edits(incoming(body), target(capabilities))
    const bytes = splice(Buffer.from(JSON.stringify(body)), edits)
    return { body: JSON.parse(Buffer.from(bytes).toString()), lost: lost.map((loss) => loss.field) }
  }
  const envelope = `${envelopeMark}abcd`

  it('leaves a body alone that names no model', () => {
    expect(forwarding.edits(incoming({ contents: [] }), target()).edits).toEqual([])
  })

  it.each([
    ['m', 'gemini-x'],
    ['models/m', 'models/gemini-x'],
  ])('names the upstream’s model for %s', (model, written) => {
    expect(edited({ model, contents: [] }).body).toEqual({ model: written, contents: [] })
  })

  it('takes results out that a resumed session holds twice, and no others', () => {
    const result = (id: string | undefined, output: string) => ({
      functionResponse: { id, name: 'f', response: { output } },
    })
    const user = (...parts: object[]) => ({ contents: [{ role: 'user', parts }] })
    const twice = user(result('a', 'x'), result('b', 'y'), result('a', 'x'), result('b', 'y'), { text: 'Go on.' })
    expect(edited(twice).body).toEqual(user(result('a', 'x'), result('b', 'y'), { text: 'Go on.' }))
    const others = user(result('a', 'x'), result('a', 'y'), result(undefined, 'x'), result(undefined, 'x'))
    expect(forwarding.edits(incoming(others), target()).edits).toEqual([])
  })

  it('takes our envelopes out, in both spellings, and nothing else', () => {
    const contents = [
      {
        role: 'model',
        parts: [
          { text: 'a', thoughtSignature: envelope },
          { text: 'b', thought_signature: envelope },
        ],
      },
      { role: 'model', parts: { text: 'c', thoughtSignature: 'c2ln' } },
    ]
    expect(edited({ contents })).toEqual({
      body: {
        contents: [
          { role: 'model', parts: [{ text: 'a' }, { text: 'b' }] },
          { role: 'model', parts: { text: 'c', thoughtSignature: 'c2ln' } },
        ],
      },
      lost: ['thought_signature'],
    })
  })

  it('gives a call of another model the vendor’s own word for a signature where one is needed', () => {
    const contents = [{ parts: [{ functionCall: { name: 'f' }, thoughtSignature: envelope }] }]
    expect(edited({ contents }, gemini3).body).toEqual({
      contents: [{ parts: [{ functionCall: { name: 'f' }, thoughtSignature: 'skip_thought_signature_validator' }] }],
    })
  })

  it.each([{ contents: null }, { contents: [null, 3, { parts: [null, 'a'] }] }, { contents: 'hi' }])(
    'passes over %j',
    (body) => {
      expect(edited(body)).toEqual({ body, lost: [] })
    },
  )
})

describe('a unary answer', () => {
  it('is read for its usage and its end', () => {
    expect(forwarding.readReply(goldenChunks.at(-1))).toEqual({
      usage: goldenReply.usage,
      hasContent: true,
      hasEnded: true,
    })
  })

  it.each([
    [{ promptFeedback: { blockReason: 'SAFETY' } }, { hasContent: false, hasEnded: true }],
    [{}, { hasContent: false, hasEnded: false }],
    ['text', { hasContent: false, hasEnded: false }],
    [{ error: { code: 500, status: 'INTERNAL' } }, { hasEnded: false, fault: { class: 'internal' } }],
  ])('%j', (body, seen) => {
    expect(forwarding.readReply(body)).toMatchObject(seen)
  })
})

describe('a watcher', () => {
  const watch = (chunks: readonly unknown[]) => {
    const watcher = forwarding.watcher()
    for (const frame of sseReader().push(stream(chunks))) watcher.see(frame)
    return watcher.seen
  }

  it('knows what the last frames say', () => {
    expect(watch(goldenChunks)).toEqual({ usage: goldenReply.usage, hasContent: true, hasEnded: true })
  })

  it('knows how far it is', () => {
    expect(watch([])).toEqual({ hasContent: false, hasEnded: false })
    expect(watch(goldenChunks.slice(0, 1))).toEqual({ hasContent: true, hasEnded: false })
  })

  it('takes the last usage of a running total, also behind the end', () => {
    const counted = (promptTokenCount: number) => ({ usageMetadata: { promptTokenCount } })
    const chunks = [chunk([{ text: 'a' }], { finishReason: 'STOP' }, counted(5)), counted(7)]
    expect(watch(chunks)).toMatchObject({ usage: { input: 7 }, hasEnded: true })
  })

  it('counts the searches', () => {
    const groundingMetadata = { webSearchQueries: ['a', 'b'] }
    const last = chunk(
      [{ text: 'a' }],
      { finishReason: 'STOP', groundingMetadata },
      { usageMetadata: { promptTokenCount: 1 } },
    )
    expect(watch([last])).toMatchObject({ usage: { searches: 2 } })
  })

  it('sees an error, and is not fooled by the word in a text', () => {
    expect(watch([{ error: { status: 'UNAVAILABLE' } }])).toMatchObject({ fault: { class: 'overloaded' } })
    expect(watch([chunk([{ text: 'the "error" and "finishReason"' }])])).toEqual({ hasContent: true, hasEnded: false })
  })
})

describe('paths', () => {
  it.each([
    ['gemini-x', 'unary', '/v1beta/models/gemini-x:generateContent'],
    ['gemini-x', 'stream', '/v1beta/models/gemini-x:streamGenerateContent?alt=sse'],
    ['gemini-x', 'count', '/v1beta/models/gemini-x:countTokens'],
    ['tunedModels/my tune', 'unary', '/v1beta/tunedModels/my%20tune:generateContent'],
  ] as const)('%s, %s', (model, action, path) => {
    expect(gemini.upstream.path({ ...target(), model }, action)).toBe(path)
  })
})
