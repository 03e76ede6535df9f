import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fault } from '../../src/model/fault.ts'
import type { Channel } from '../../src/model/rows.ts'
import { provider } from '../../src/providers/index.ts'
import type { Candidate } from '../../src/relay/candidate.ts'
import { conversationOf, sessionOf } from '../../src/relay/conversation.ts'
import { displaced } from '../../src/relay/displaced.ts'
import { health } from '../../src/relay/health.ts'
import { type Planned, plan } from '../../src/relay/plan.ts'
import { type FakeUpstream, key, startGateway, startUpstream } from '../support/gateway.ts'

const channel = (name: string, more: Partial<Channel> = {}): Channel => ({
  name,
  provider: 'sandbox',
  secrets: [`secret of ${name}`],
  models: [{ name: '*' }],
  priority: 0,
  weight: 1,
  ...more,
})

/** Plans over some channels, with a clock that stands still until it is moved. */
function planner(channels: readonly Channel[], most?: number) {
  let nowMs = 1_000_000
  const clock = (): number => nowMs
  const parts = { health: health(clock), displaced: displaced(clock, most) }
  return {
    ...parts,
    pass: (ms: number) => {
      nowMs += ms
    },
    plan: (conversation: string | undefined, model = 'm'): Planned =>
      plan(channels, {
        model,
        format: 'openai-chat',
        hasTools: false,
        providerOf: provider,
        random: Math.random,
        conversation: () => conversation,
        ...parts,
      }),
  }
}

const first = ({ candidates: [candidate] }: Planned): Candidate => {
  if (!candidate) throw new Error('nobody serves it')
  return candidate
}
const placeOf = (candidate: Candidate): string => `${candidate.channel.name} ${candidate.secret}`
const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `conversation ${at}`)
const overloaded = fault('overloaded', 'busy')

describe('the place of a conversation', () => {
  it('is the same on every turn, in every process, and whatever the order of channels and secrets', () => {
    const channels = [channel('a', { secrets: ['one', 'two'] }), channel('b'), channel('c')]
    const turned = [channel('c'), channel('b'), channel('a', { secrets: ['two', 'one'] })]
    for (const name of names(200)) {
      const place = placeOf(first(planner(channels).plan(name)))
      expect(placeOf(first(planner(channels).plan(name)))).toBe(place)
      expect(placeOf(first(planner(turned).plan(name)))).toBe(place)
    }
  })

  it('is drawn in proportion to the weights', () => {
    const weights = { a: 1, b: 2, c: 5 }
    const { plan } = planner(Object.entries(weights).map(([name, weight]) => channel(name, { weight })))
    const drawn: Record<string, number> = { a: 0, b: 0, c: 0 }
    for (const name of names(8_000)) {
      const place = first(plan(name)).channel.name
      drawn[place] = (drawn[place] ?? 0) + 1
    }
    for (const [name, weight] of Object.entries(weights)) {
      // Four standard deviations of a fair draw.
      const share = weight / 8
      const tolerance = 4 * Math.sqrt(8_000 * share * (1 - share))
      expect(Math.abs((drawn[name] ?? 0) - 8_000 * share)).toBeLessThan(tolerance)
    }
  })

  it('changes only for those whose place goes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ name: fc.string({ minLength: 1 }), weight: fc.integer({ min: 1, max: 9 }) }), {
          minLength: 3,
          maxLength: 8,
          selector: ({ name }) => name,
        }),
        (rows) => {
          const all = rows.map(({ name, weight }) => channel(name, { weight }))
          const gone = all[0]?.name
          const [before, after] = [planner(all), planner(all.slice(1))]
          for (const name of names(40)) {
            const place = first(before.plan(name)).channel.name
            if (place !== gone) expect(first(after.plan(name)).channel.name).toBe(place)
          }
        },
      ),
      { seed: 3, numRuns: 60 },
    )
  })

  it('is left to chance where nothing names the conversation', () => {
    const { plan } = planner([channel('a'), channel('b')])
    const seen = new Set(names(100).map(() => first(plan(undefined)).channel.name))
    expect(seen).toEqual(new Set(['a', 'b']))
  })

  it('is among those of the highest priority', () => {
    const { plan } = planner([channel('a'), channel('b', { priority: 1 }), channel('c', { priority: 1 })])
    expect(new Set(names(50).map((name) => first(plan(name)).channel.name))).toEqual(new Set(['b', 'c']))
  })

  it('is not worked out where there is no choice', () => {
    const asked = { model: 'm', format: 'openai-chat', hasTools: false, providerOf: provider } as const
    const parts = planner([])
    const conversation = (): string => expect.fail('asked for the conversation')
    const planned = plan([channel('a')], { ...asked, ...parts, random: Math.random, conversation })
    expect(planned).toMatchObject({ conversation: undefined, candidates: [{ channel: { name: 'a' } }] })
  })
})

describe('a conversation whose place fails', () => {
  const twoPlaces = [channel('home', { priority: 1 }), channel('away')]

  it('stays where it was answered when its own place is well again, for an hour since it was last heard of', () => {
    const { plan, displaced, health, pass } = planner(twoPlaces)
    health.failed(first(plan('c')), overloaded)
    const away = plan('c')
    expect(first(away).channel.name).toBe('away')
    displaced.answered(away, first(away))
    pass(50 * 60_000)
    expect(health.isResting(away.home ?? first(away))).toBe(false)
    expect(first(plan('c')).channel.name).toBe('away')
    displaced.answered(plan('c'), first(plan('c')))
    pass(59 * 60_000)
    expect(first(plan('c')).channel.name).toBe('away')
    pass(60_001)
    expect(first(plan('c')).channel.name).toBe('home')
  })

  it('goes home when the other place rests', () => {
    const { plan, displaced, health, pass } = planner(twoPlaces)
    health.failed(first(plan('c')), overloaded)
    const away = plan('c')
    displaced.answered(away, first(away))
    pass(10_000)
    health.failed(first(away), overloaded)
    const back = plan('c')
    expect(first(back).channel.name).toBe('home')
    displaced.answered(back, first(back))
    pass(10_000)
    expect(first(plan('c')).channel.name).toBe('home')
  })

  it('takes nobody else along: other conversations, other models', () => {
    const { plan, displaced, health, pass } = planner(twoPlaces)
    health.failed(first(plan('c')), overloaded)
    displaced.answered(plan('c'), first(plan('c')))
    pass(10_000)
    expect(first(plan('c')).channel.name).toBe('away')
    expect(first(plan('d')).channel.name).toBe('home')
    expect(first(plan('c', 'small')).channel.name).toBe('home')
  })

  it('is forgotten when too many are remembered, the one that has been silent longest first', () => {
    const { plan, displaced, health, pass } = planner(twoPlaces, 2)
    health.failed(first(plan('c')), overloaded)
    for (const name of ['c', 'd', 'c', 'e']) displaced.answered(plan(name), first(plan(name)))
    pass(10_000)
    const places = ['c', 'd', 'e'].map((name) => first(plan(name)).channel.name)
    expect(places).toEqual(['away', 'home', 'away'])
  })
})

describe('the name of a conversation', () => {
  const system = [{ type: 'text', text: 'You are an agent.', cache_control: { type: 'ephemeral' } }]
  const user = { role: 'user', content: [{ type: 'text', text: 'Fix it.', cache_control: { type: 'ephemeral' } }] }
  const later = [
    { role: 'user', content: 'Fix it.' },
    { role: 'assistant', content: 'Done.' },
    { role: 'user', content: 'More.' },
  ]
  const session = '{"device_id":"d","account_uuid":"","session_id":"1f0c"}'
  const named = (body: Record<string, unknown>, headers: Record<string, string> = {}, tenant = 'key_1') =>
    conversationOf({ body, headers }, tenant)

  const pairs: Record<string, readonly [Record<string, unknown>, Record<string, unknown>]> = {
    'Anthropic, marks moved': [
      { system, messages: [user] },
      { system: 'You are an agent.', messages: later },
    ],
    'Chat Completions': [
      { messages: [{ role: 'system', content: 'Be brief.' }, user] },
      { messages: [{ role: 'system', content: 'Be brief.' }, ...later] },
    ],
    'Responses, a text and its history written out': [
      { instructions: 'Be brief.', input: 'Hello' },
      {
        instructions: 'Be brief.',
        input: [
          { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
          { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] },
        ],
      },
    ],
    Gemini: [
      {
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
      },
      {
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        contents: [
          { role: 'user', parts: [{ text: 'Hello' }] },
          { role: 'model', parts: [{ text: 'Hi' }] },
        ],
      },
    ],
    'the session in the metadata': [
      { metadata: { user_id: session }, messages: [user] },
      { metadata: { user_id: session }, messages: [{ role: 'user', content: 'compacted' }] },
    ],
    'the prompt cache key': [
      { prompt_cache_key: 'k', input: 'one' },
      { prompt_cache_key: 'k', input: 'two' },
    ],
  }
  for (const [name, [one, other]] of Object.entries(pairs))
    it(`stays the same: ${name}`, () => {
      expect(named(one)).toEqual(expect.any(String))
      expect(named(other)).toBe(named(one))
      expect(named(other, {}, 'key_2')).not.toBe(named(one))
    })

  it.each(['x-claude-code-session-id', 'session-id', 'x-session-id', 'x-session-affinity', 'thread-id'])(
    'follows %s',
    (header) => {
      expect(named({ messages: [user] }, { [header]: 's' })).toBe(
        named({ messages: later.slice(1) }, { [header]: 's' }),
      )
      expect(named({ messages: [user] }, { [header]: 's' })).not.toBe(named({ messages: [user] }, { [header]: 't' }))
    },
  )

  it('differs for another beginning, and is absent where nothing is said', () => {
    expect(named({ messages: [user] })).not.toBe(named({ messages: [{ role: 'user', content: 'Fix that.' }] }))
    expect(named({ system: 'a', messages: [user] })).not.toBe(named({ system: 'b', messages: [user] }))
    expect(named({ messages: [] })).toBeUndefined()
    expect(named({ messages: 3 })).toBeUndefined()
  })

  it('does not take a user for a session', () => {
    expect(sessionOf({ body: { metadata: { user_id: 'user-7' } }, headers: {} }, 'key_1')).toBeUndefined()
    expect(sessionOf({ body: { metadata: { user_id: session } }, headers: {} }, 'key_1')).not.toContain('1f0c')
  })
})

describe('a gateway with two accounts', () => {
  const answer = JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  })

  it('keeps conversations on their account, and those of a failed account where they went', async () => {
    const down = new Set<FakeUpstream>()
    const upstreams = [await start(), await start()] as const
    async function start(): Promise<FakeUpstream> {
      const upstream: FakeUpstream = await startUpstream((response) => {
        if (down.has(upstream)) response.writeHead(503).end('{}')
        else response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
      })
      return upstream
    }
    let nowMs = 1_000_000
    const channels = upstreams.map(
      ({ url }, at) => `{ name: c${at}, provider: sandbox, base_url: "${url}", dialects: [openai-chat], models: [m] }`,
    )
    const yaml = `sandbox: false\nchannels: [${channels.join(', ')}]\nkeys: [{ name: test, key: ${key} }]`
    const gateway = await startGateway(yaml, {}, { clock: () => nowMs })
    /** Which upstream answers this conversation. */
    const whoAnswers = async (name: string): Promise<number> => {
      for (const { asked } of upstreams) asked.length = 0
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'session-id': name },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] }),
      })
      expect(response.status).toBe(200)
      await response.text()
      return upstreams.findIndex((upstream) => upstream.asked.length > 0 && !down.has(upstream))
    }
    try {
      const before = new Map<string, number>()
      for (const name of names(12)) before.set(name, await whoAnswers(name))
      expect(new Set(before.values())).toEqual(new Set([0, 1]))
      for (const [name, place] of before) expect(await whoAnswers(name)).toBe(place)
      const moved = [...before].filter(([, place]) => place === 0).map(([name]) => name)
      down.add(upstreams[0])
      for (const name of moved) expect(await whoAnswers(name)).toBe(1)
      down.clear()
      nowMs += 60_000
      for (const [name] of before) expect(await whoAnswers(name)).toBe(1)
      nowMs += 3_600_001
      for (const [name, place] of before) expect(await whoAnswers(name)).toBe(place)
    } finally {
      await gateway.close()
      for (const upstream of upstreams) await upstream.close()
    }
  })
})
