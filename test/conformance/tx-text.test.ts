import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import type { Json } from '../support/formats/format.ts'
import { at, type Rig, startRig, ways } from './rig/rig.ts'
import { askedIn, scripts, usage } from './rig/said.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
beforeEach(() => rig.answer({ text: 'Hello.' }))
afterAll(() => rig.close())

describe.each([false, true])('stream: %s', (stream) => {
  it.each(ways)(
    'TX-01, TX-02 (T2, T3, T56, T71, T79, T80, T81, T114, T115) %s to %s: system and one turn',
    async (client, upstream) => {
      rig.answer({ text: 'Der Fluss fließt. 河水在流。' })
      const wish = { model: at(upstream), stream, system: 'Be brief.', turns: [{ user: 'Hi there' }] }
      const answer = await rig.ask(client, wish)
      expect(answer.heard).toMatchObject({
        system: ['Be brief.'],
        turns: [{ role: 'user', parts: [{ kind: 'text', text: 'Hi there' }] }],
      })
      expect(answer.view).toMatchObject({
        text: 'Der Fluss fließt. 河水在流。',
        stop: 'end',
        calls: [],
        usage: { input: usage.input, cached: usage.cached, output: usage.output, reasoning: usage.reasoning },
      })
      expect(answer.lost).toEqual([])
    },
  )

  it.each(ways)('TX-05 (T80) %s to %s: an empty answer', async (client, upstream) => {
    rig.answer({ text: '' })
    const answer = await rig.ask(client, { model: at(upstream), stream, turns: [{ user: 'Hi' }] })
    expect(answer.view).toMatchObject({ text: '', calls: [], stop: 'end' })
    if (!stream && client !== upstream) expect(emptiness[client](JSON.parse(answer.text))).toEqual(empty[client])
  })
})

const emptiness: Record<DialectId, (body: Json) => unknown> = {
  'anthropic-messages': ({ content, stop_reason }) => ({ content, stop_reason }),
  'openai-chat': ({ choices }) => choices[0].message.content,
  'openai-responses': ({ output, status }) => ({ status, texts: output.map((item: Json) => item.content[0].text) }),
  gemini: ({ candidates }) => candidates[0].content.parts,
}
const empty: Record<DialectId, unknown> = {
  'anthropic-messages': { content: [], stop_reason: 'end_turn' },
  'openai-chat': '',
  'openai-responses': { status: 'completed', texts: [''] },
  gemini: [{ text: '' }],
}

const story = '河水在流 🌊 👩‍👩‍👧‍👦 fließt 👋🏽 𝔘𝔫𝔦 é'

it.each(ways)('TX-03 (T100) %s to %s: code points cut by the network stay whole', async (client, upstream) => {
  rig.answer((response, asked) => {
    const bytes = Buffer.from(scripts[askedIn(asked).format].frames({ text: story, pieces: 7 }).join(''))
    response.setHeader('content-type', 'text/event-stream')
    for (let from = 0; from < bytes.length; from += 3) response.write(bytes.subarray(from, from + 3))
    response.end()
  })
  const answer = await rig.ask(client, { model: at(upstream), stream: true, turns: [{ user: story }] })
  expect(answer.heard.turns[0]?.parts).toEqual([{ kind: 'text', text: story }])
  expect(answer.text).not.toContain('\uFFFD')
  expect(answer.view.text).toBe(story)
})

it.each([
  ['anthropic-messages', 'openai-chat'],
  ['openai-chat', 'anthropic-messages'],
  ['gemini', 'openai-responses'],
  ['openai-responses', 'gemini'],
] as const)('TX-04 %s to %s: a megabyte in 20 000 pieces keeps its order', async (client, upstream) => {
  const text = Array.from(
    { length: 20_000 },
    (_, index) => `word ${index}, which is long enough to make it a lot. `,
  ).join('')
  rig.answer({ text, pieces: 20_000 })
  const answer = await rig.ask(client, { model: at(upstream), stream: true, turns: [{ user: 'Hi' }] })
  expect(answer.view.text).toBe(text)
})

describe('TX-06 (T32) an upstream that knows one form of answer', () => {
  it.each(ways)('%s to %s: only whole ones', async (client, upstream) => {
    rig.answer((response, { path }) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(scripts[askedIn({ path, body: '{}' }).format].whole({ text: 'All at once.' })))
    })
    const answer = await rig.ask(client, { model: at(upstream), stream: true, turns: [{ user: 'Hi' }] })
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    expect(answer.view).toMatchObject({ text: 'All at once.', stop: 'end', model: at(upstream) })
  })

  it.each(ways)('%s to %s: only streams', async (client, upstream) => {
    rig.answer((response, { path }) => {
      response.setHeader('content-type', 'text/event-stream')
      response.end(scripts[askedIn({ path, body: '{}' }).format].frames({ text: 'Piece by piece.' }).join(''))
    })
    const answer = await rig.ask(client, { model: at(upstream), turns: [{ user: 'Hi' }] })
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(answer.view).toMatchObject({ text: 'Piece by piece.', stop: 'end', model: at(upstream) })
  })
})

it.each(dialectIds)(
  'TX-02 (T99) streams to %s are neither cached, buffered nor compressed on their way',
  async (client) => {
    const answer = await rig.ask(
      client,
      { model: at('openai-chat'), stream: true, turns: [{ user: 'Hi' }] },
      undefined,
      {
        'accept-encoding': 'gzip',
      },
    )
    expect(answer.headers.get('x-accel-buffering')).toBe('no')
    expect(answer.headers.get('cache-control')).toContain('no-transform')
    expect(answer.headers.get('content-encoding')).toBeNull()
  },
)
