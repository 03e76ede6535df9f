import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ClientFormat, UpstreamFormat } from '../../src/model/dialect.ts'
import { isEnvelope } from '../../src/model/envelope.ts'
import type { ChatEvent } from '../../src/model/event.ts'
import type { Part, Seal } from '../../src/model/part.ts'
import { fold, type Reply, tell } from '../../src/model/reply.ts'
import type { ChatRequest } from '../../src/model/request.ts'
import { usageOf } from '../../src/model/usage.ts'
import { type Carried, envelopes } from '../../src/relay/envelopes.ts'
import { LastText } from '../../src/relay/last-text.ts'
import { openIncoming } from '../../src/relay/seals-in.ts'
import { sealOutgoing } from '../../src/relay/seals-out.ts'

const vault = envelopes(randomBytes(32))
const tenant = 'key_a'

const seal = (dialect: UpstreamFormat, data: string): Seal => ({ dialect, kind: 'signature', data })
const thought = (text: string, own?: Seal): Part => ({
  kind: 'thinking',
  form: text === '' ? 'redacted' : 'summary',
  text,
  ...(own && { seal: own }),
})
const call = (id: string, own?: Seal): Part => ({
  kind: 'tool_call',
  id,
  name: 'get',
  tool: { flavor: 'function' },
  arguments: '{}',
  ...(own && { seal: own }),
})
const text = (words: string, own?: Seal): Part => ({ kind: 'text', text: words, ...(own && { seal: own }) })

const replyOf = (parts: readonly Part[]): Reply => ({ parts, stop: { reason: 'end' }, usage: usageOf({}) })

/** What the client gets of an upstream's parts. */
function toClient(
  format: ClientFormat,
  parts: readonly Part[],
  kept = new Map<string, string>(),
  hidesThinking = false,
  events: Iterable<ChatEvent> = tell(replyOf(parts)),
): readonly Part[] {
  const wrap = (carried: readonly Carried[]) => vault.wrap({ maker: 'maker', channel: 'one', carried }, tenant)
  const transform = sealOutgoing({
    format,
    wrap,
    keep: (id, carried) => void kept.set(id, wrap(carried)),
    lastText: () => new LastText([]),
    hidesThinking,
  })
  const folded = fold([...events].flatMap((event) => transform.push(event)))
  if (!folded.ok) throw new Error('the stream did not end well')
  return folded.reply.parts
}

/** What an upstream gets of the parts that a client sends back. */
function toUpstream(
  format: UpstreamFormat,
  parts: readonly Part[],
  about: { maker?: string; channel?: string; tenant?: string; kept?: ReadonlyMap<string, string> } = {},
) {
  const request = { turns: [{ role: 'assistant', parts }] } as unknown as ChatRequest
  const { lost, request: opened } = openIncoming(request, {
    maker: about.maker ?? 'maker',
    channel: about.channel ?? 'one',
    format,
    open: (data) => vault.open(data, about.tenant ?? tenant),
    kept: about.kept ?? new Map(),
  })
  return { parts: opened.turns[0]?.parts, lost }
}

const clients: readonly ClientFormat[] = ['anthropic-messages', 'openai-responses', 'openai-chat', 'gemini']

/** Every way in which vendors place their state. */
const answers: Record<string, { from: UpstreamFormat; parts: Part[] }> = {
  'signed thinking before a call': {
    from: 'anthropic-messages',
    parts: [thought('Need it.', seal('anthropic-messages', 'S1')), call('c1')],
  },
  'thinking, redacted thinking, two calls': {
    from: 'anthropic-messages',
    parts: [
      thought('One.', seal('anthropic-messages', 'S1')),
      thought('', seal('anthropic-messages', 'S2')),
      call('c1'),
      call('c2'),
    ],
  },
  'interleaved thinking': {
    from: 'openai-responses',
    parts: [
      thought('A.', seal('openai-responses', 'E1')),
      call('c1'),
      thought('B.', seal('openai-responses', 'E2')),
      call('c2'),
    ],
  },
  'a signed call': { from: 'gemini', parts: [text('Now.'), call('c1', seal('gemini', 'T1')), call('c2')] },
}

describe('state survives a client of every format', () => {
  for (const [name, { from, parts }] of Object.entries(answers))
    it.each(clients)(`${name}, through %s`, (format) => {
      const kept = new Map<string, string>()
      const told = toClient(format, parts, kept)
      for (const part of told) if (part.seal) expect(isEnvelope(part.seal.data)).toBe(true)
      // Gemini's clients drop thoughts; chat clients drop every field that they do not know.
      const sent =
        format === 'gemini'
          ? told.filter((part) => part.kind !== 'thinking')
          : format === 'openai-chat'
            ? told.filter((part) => part.kind !== 'thinking').map(({ seal: _, ...bare }) => bare as Part)
            : told
      expect(toUpstream(from, sent, { kept }).parts).toEqual(parts)
    })

  it.each(['anthropic-messages', 'openai-responses'] as const)('a thought that comes whole, through %s', (format) => {
    const parts = [thought('', seal('anthropic-messages', 'S1')), call('c1')]
    // Readers of streams tell the state of such a thought when it opens, not when it closes.
    const events = [...tell(replyOf(parts))].map((event): ChatEvent => {
      const part = 'index' in event ? parts[event.index] : undefined
      if (part?.kind !== 'thinking' || !('index' in event)) return event
      return event.type === 'open' ? { ...event, part } : { type: 'close', index: event.index }
    })
    expect(toUpstream('anthropic-messages', toClient(format, parts, new Map(), false, events)).parts).toEqual(parts)
  })

  it.each(['openai-responses', 'gemini'] as const)('a signed text, through %s', (format) => {
    const parts = [text('Done.', seal('gemini', 'T9'))]
    expect(toUpstream('gemini', toClient(format, parts)).parts).toEqual(parts)
  })

  it('a signed text before a call, through anthropic-messages', () => {
    const parts = [text('Calling.', seal('gemini', 'T9')), call('c1', seal('gemini', 'T10'))]
    expect(toUpstream('gemini', toClient('anthropic-messages', parts)).parts).toEqual(parts)
  })

  it('the last block of an answer is its text for anthropic clients, which take that for the result', () => {
    const parts = [thought('Easy.', seal('gemini', 'T8')), text('Done.', seal('gemini', 'T9'))]
    const kept = new Map<string, string>()
    const told = toClient('anthropic-messages', parts, kept)
    expect(told.map(({ kind }) => kind)).toEqual(['thinking', 'text'])
    expect(toUpstream('gemini', told, { kept }).parts).toEqual(parts)
    expect(toUpstream('gemini', told).parts).toEqual([parts[0], text('Done.')])
  })

  it('thinking that nothing follows rides on an empty text for gemini clients', () => {
    const parts = [thought('Hm.', seal('anthropic-messages', 'S1'))]
    const told = toClient('gemini', parts).filter((part) => part.kind !== 'thinking')
    expect(told).toHaveLength(1)
    expect(toUpstream('anthropic-messages', told).parts).toEqual(parts)
  })

  it('a text that a gemini client sends back in pieces is one again, behind its thought', () => {
    const parts = [thought('Hm.', seal('anthropic-messages', 'S1')), text('Calling it.'), call('c1')]
    const told = toClient('gemini', parts).filter((part) => part.kind !== 'thinking')
    const pieces = [text('Calling'), text(' it.'), call('c1', told.at(-1)?.seal)]
    expect(toUpstream('anthropic-messages', pieces).parts).toEqual(parts)
  })

  it('the text of an answer that a gemini client sends back in pieces is one again too', () => {
    const parts = [thought('Hm.', seal('anthropic-messages', 'S1')), text('It is so.')]
    const told = toClient('gemini', parts).filter((part) => part.kind !== 'thinking')
    const pieces = [text('It is'), text(' so.'), text('', told.at(-1)?.seal)]
    expect(toUpstream('anthropic-messages', pieces).parts).toEqual(parts)
  })
})

describe('a client that did not ask for thoughts', () => {
  it.each(Object.entries(answers))('sees none of them and loses none of their state: %s', (_, { from, parts }) => {
    const kept = new Map<string, string>()
    const told = toClient('anthropic-messages', parts, kept, true)
    expect(told.filter((part) => part.kind === 'thinking' || part.seal)).toEqual([])
    expect(toUpstream(from, told, { kept }).parts).toEqual(parts)
  })
})

describe('state opens for its maker alone', () => {
  const [told] = toClient('openai-responses', [thought('Need it.', seal('anthropic-messages', 'S1'))])
  const parts = told ? [told] : []
  const without = [thought('Need it.')]
  it.each([
    ['another maker', { maker: 'other' }],
    ['another channel of the maker', { channel: 'two' }],
    ['another tenant', { tenant: 'key_b' }],
  ])('%s gets the text without it', (_, about) => {
    const opened = toUpstream('anthropic-messages', parts, about)
    expect(opened.parts).toEqual(without)
    expect(opened.lost.map(({ field }) => field)).toEqual(['messages[0].reasoning'])
  })

  it('a forged envelope counts as absent', () => {
    const data = told?.seal?.data ?? ''
    const forged = `${data.slice(0, -6)}AAAA==`
    const opened = toUpstream('anthropic-messages', [thought('Need it.', seal('openai-responses', forged))])
    expect(opened.parts).toEqual(without)
    expect(opened.lost).toHaveLength(1)
  })

  it('a native seal stays for an upstream of its format and is told as lost for another', () => {
    const own = [thought('Hm.', seal('anthropic-messages', 'EqgC'))]
    expect(toUpstream('anthropic-messages', own).parts).toEqual(own)
    const foreign = toUpstream('gemini', own)
    expect(foreign.parts).toEqual([thought('Hm.')])
    expect(foreign.lost).toHaveLength(1)
  })

  it('unsigned thoughts get an empty envelope for anthropic clients and lose nothing elsewhere', () => {
    const told = toClient('anthropic-messages', [thought('Raw.')])
    expect(isEnvelope(told[0]?.seal?.data ?? '')).toBe(true)
    expect(toUpstream('openai-chat', told, { maker: 'other' })).toEqual({ parts: [thought('Raw.')], lost: [] })
  })
})

describe('envelopes', () => {
  it('show neither account nor vendor', () => {
    const data = vault.wrap({ maker: 'secret-maker', channel: 'secret-channel', carried: [] }, tenant)
    expect(Buffer.from(data, 'base64').toString('latin1')).not.toContain('secret')
  })
  it('grow by less than a half', () => {
    const data = randomBytes(30_000).toString('base64')
    const wrapped = vault.wrap(
      { maker: 'm', channel: 'c', carried: [{ on: 'self', seal: seal('gemini', data) }] },
      tenant,
    )
    expect(wrapped.length / data.length).toBeLessThan(1.4)
  })
})
