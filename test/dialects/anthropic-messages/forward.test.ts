import { describe, expect, it } from 'vitest'
import { envelopeMark } from '../../../src/model/envelope.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { splice } from '../../../src/wire/splice.ts'
import { goldenFrames, goldenReply } from './golden.ts'
import { askedBy, client, faultOf, forwarding, minimal, resultOf, targetWith, writeContext } from './support.ts'

const peek = (body: Record<string, unknown>) => forwarding.peek({ body, headers: {} })

/** The body that goes out, as bytes and parsed, and what was told as lost. */
function forward(text: string, target = targetWith()) {
  const body: Record<string, unknown> = JSON.parse(text)
  const { edits, lost } = forwarding.edits({ body, headers: {} }, target)
  const sent = Buffer.from(splice(Buffer.from(text), edits)).toString()
  const parsed: Record<string, unknown> = JSON.parse(sent)
  return { sent, parsed, lost: lost.map(({ field }) => field) }
}

const forwardBody = (some: object, target = targetWith()) => forward(JSON.stringify({ ...minimal, ...some }), target)

describe('peek', () => {
  it('sees model, streaming and the output limit', () => {
    expect(resultOf(peek({ ...minimal, stream: true }))).toEqual({
      model: 'asked-model',
      stream: 'sse',
      maxOutput: 100,
    })
    expect(resultOf(peek({ model: 'm', max_completion_tokens: 5 }))).toEqual({
      model: 'm',
      stream: false,
      maxOutput: 5,
    })
  })

  it.each([[{}], [{ model: 7 }], [{ model: '' }]])('%j names the model', (body) => {
    expect(faultOf(peek(body))).toMatchObject({ class: 'invalid', param: 'model' })
  })
})

describe('bytes', () => {
  it('change in nothing but the model', () => {
    const text =
      '{ "model":"asked-model", "max_tokens":1e3,"top_p":0.50,"x":{"\\u00e9":[1.0]},"thread":{"type":"create"},\n"safeguards":[],"messages":[{"role":"user","content":"Hi"}] }'
    const { sent, lost } = forward(text)
    expect(sent).toBe(text.replace('asked-model', 'upstream-model'))
    expect(lost).toEqual([])
  })
})

describe('fields that the vendor is known to refuse', () => {
  const cases: [string, object, object, string[]][] = [
    ['a misspelling', { temperaure: 0.6 }, {}, ['temperaure']],
    [
      "OpenAI's parameters",
      { n: 2, presence_penalty: 1, frequency_penalty: 0.5, logit_bias: { a: 1 }, seed: 1, seen: 2 },
      {},
      ['n', 'presence_penalty', 'frequency_penalty', 'logit_bias', 'seed', 'seen'],
    ],
    [
      'their defaults, silently',
      { n: 1, presence_penalty: 0, frequency_penalty: 0, logit_bias: null, stop: null },
      {},
      [],
    ],
    ['stop', { stop: 'END' }, { stop_sequences: ['END'] }, []],
    ['stop beside its own', { stop: ['b'], stop_sequences: ['a'] }, { stop_sequences: ['a'] }, []],
    ['user', { user: 'u' }, { metadata: { user_id: 'u' } }, []],
    [
      'a schema',
      { response_format: { type: 'json_schema', json_schema: { schema: { a: 1 } } }, output_config: { effort: 'low' } },
      { output_config: { effort: 'low', format: { type: 'json_schema', schema: { a: 1 } } } },
      [],
    ],
    ['any JSON', { response_format: { type: 'json_object' } }, {}, ['response_format']],
    ['an empty choice', { tool_choice: {} }, {}, []],
    [
      'tools by bare names',
      { tools: ['a', { name: 'f' }, null] },
      { tools: [{ name: 'f' }] },
      ['tools[0]', 'tools[2]'],
    ],
    ['nothing but bare names', { tools: ['a'] }, {}, ['tools[0]']],
  ]
  it.each(cases)('%s', (_name, some, expected, lost) => {
    const { parsed, lost: told } = forwardBody(some)
    expect(parsed).toEqual({ ...minimal, model: 'upstream-model', ...expected })
    expect(told).toEqual(lost)
  })

  const limits: [string, object, number | undefined, number][] = [
    ['plain', {}, undefined, 8192],
    ['thinking', { thinking: { type: 'adaptive' } }, undefined, 32000],
    ['capped', { thinking: { type: 'adaptive' } }, 4096, 4096],
    ["OpenAI's", { max_completion_tokens: 50 }, undefined, 50],
  ]
  it.each(limits)('a missing limit: %s', (_name, some, maxOutput, expected) => {
    const target = targetWith(maxOutput === undefined ? {} : { maxOutput })
    const { parsed } = forward(JSON.stringify({ model: 'm', messages: minimal.messages, ...some }), target)
    expect(parsed).toMatchObject({ max_tokens: expected })
    expect(parsed).not.toHaveProperty('max_completion_tokens')
  })

  it('sampling stays: the vendor decides', () => {
    expect(forwardBody({ temperature: 0.5, top_k: 3 }).parsed).toMatchObject({ temperature: 0.5, top_k: 3 })
  })

  it('what a compatible server refuses goes by name', () => {
    const { parsed, lost } = forwardBody({ context_management: {} }, targetWith({}, { drop: ['context_management'] }))
    expect(parsed).not.toHaveProperty('context_management')
    expect(lost).toEqual(['context_management'])
  })
})

describe('what we told on behalf of others', () => {
  const assistant = (...content: object[]) => ({
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content },
      { role: 'user', content: 'And?' },
    ],
  })
  const thinking = (signature: string) => ({ type: 'thinking', thinking: 'Hm', signature })
  const text = { type: 'text', text: 'A' }

  it('never comes back to a vendor', () => {
    const { parsed, lost } = forwardBody(
      assistant(
        thinking('native'),
        thinking(`${envelopeMark}AA`),
        { type: 'redacted_thinking', data: `${envelopeMark}AA` },
        { type: 'server_tool_use', id: 'srvtoolu_cw1', name: 'web_search', input: {} },
        { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_cw1', content: [] },
        { ...text, citations: [{ type: 'web_search_result_location', url: 'u', encrypted_index: '' }] },
      ),
    )
    expect(parsed.messages).toEqual(assistant(thinking('native'), text).messages)
    expect(lost).toEqual(['thinking'])
  })

  it('a message of nothing else goes as a whole', () => {
    const { parsed } = forwardBody(assistant(thinking(`${envelopeMark}AA`)))
    expect(parsed.messages).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'user', content: 'And?' },
    ])
  })

  it.each([[null], [[7, null]], [[{ role: 'assistant', content: [null, 7, []] }]]])(
    'messages %j are left alone',
    (messages) => {
      expect(forwardBody({ messages }).parsed.messages).toEqual(messages)
    },
  )
})

describe('watching', () => {
  const frames = goldenFrames.map((frame) => {
    const [event, data] = frame.trim().split('\n')
    return { event: event?.slice(7), data: data?.slice(6) ?? '', raw: new Uint8Array() }
  })

  it.each([
    ['named', frames],
    ['nameless', frames.map((frame) => ({ ...frame, event: undefined }))],
  ])('%s frames', (_name, seen) => {
    const watcher = forwarding.watcher()
    watcher.see(seen[0] ?? { data: '', raw: new Uint8Array() })
    expect(watcher.seen).toMatchObject({ usage: { input: 40 }, hasContent: false, hasEnded: false })
    for (const frame of seen.slice(1, -1)) watcher.see(frame)
    expect(watcher.seen).toMatchObject({ hasContent: true, hasEnded: false })
    watcher.see(seen.at(-1) ?? { data: '', raw: new Uint8Array() })
    expect(watcher.seen).toEqual({ tier: 'standard', usage: goldenReply.usage, hasContent: true, hasEnded: true })
    expect(watcher.isUsageChunk).toBe(false)
  })

  it('an error in the stream is its fault', () => {
    const watcher = forwarding.watcher()
    const data = '{"type":"error","error":{"type":"overloaded_error","message":"x"}}'
    watcher.see({ event: 'error', data, raw: new Uint8Array() })
    expect(watcher.seen).toMatchObject({ hasContent: false, hasEnded: false, fault: { class: 'overloaded' } })
  })

  it('a frame that nobody can read changes nothing', () => {
    const watcher = forwarding.watcher()
    watcher.see({ event: undefined, data: '<html>', raw: new Uint8Array() })
    expect(watcher.seen).toEqual({ hasContent: false, hasEnded: false })
  })

  it('a unary reply tells its usage', () => {
    const body = client.writeReply(goldenReply, askedBy('anthropic-messages'), writeContext())
    expect(forwarding.readReply(body)).toEqual({
      tier: 'standard',
      usage: usageOf(goldenReply.usage),
      hasContent: true,
      hasEnded: true,
    })
    expect(forwarding.readReply({ type: 'error', error: { type: 'api_error' } })).toMatchObject({
      fault: { class: 'internal' },
    })
    expect(forwarding.readReply('<html>')).toMatchObject({ hasEnded: false, fault: { class: 'bad_gateway' } })
  })
})
