import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkConfig } from '../../../src/config.ts'
import { defaultRouting, type PolicyName } from '../../../src/model/routing.ts'
import type { Channel } from '../../../src/model/rows.ts'
import { provider } from '../../../src/providers/index.ts'
import { displaced } from '../../../src/relay/displaced.ts'
import { health } from '../../../src/relay/health.ts'
import { type Asked, plan } from '../../../src/relay/plan.ts'
import { explored } from '../../../src/relay/policies/fastest.ts'
import { noPreferences } from '../../../src/relay/preferences.ts'
import { speed } from '../../../src/relay/speed.ts'
import { key } from '../../support/gateway.ts'
import { ask, type Fleet, refuses, startFleet } from './fleet.ts'

const channel = (name: string, more: Partial<Channel> = {}): Channel => ({
  name,
  provider: 'sandbox',
  secrets: ['s'],
  models: [{ name: '*' }],
  priority: 0,
  weight: 1,
  ...more,
})

/** The mulberry32 generator: chance that is the same on every run. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

let nowMs = 1_000_000
const clock = (): number => nowMs

const asking = (policies: readonly PolicyName[], more: Partial<Asked> = {}): Asked => ({
  model: 'm',
  format: 'openai-chat',
  hasTools: false,
  providerOf: provider,
  health: health(clock),
  displaced: displaced(clock),
  random: chance(1),
  routing: { ...defaultRouting, policies },
  ...more,
})

const order = (channels: readonly Channel[], asked: Asked): string =>
  plan(channels, asked)
    .candidates.map((candidate) => candidate.channel.name)
    .join('')

/** How often each is first in so many plans. */
function shares(channels: readonly Channel[], asked: Asked, times: number): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let time = 0; time < times; time++) {
    const name = order(channels, asked).slice(0, 1)
    counts[name] = (counts[name] ?? 0) + 1 / times
  }
  return counts
}

const three = [
  channel('a', { priority: 1 }),
  channel('b', { formats: ['gemini'] }),
  channel('c', { formats: ['openai-chat'] }),
]
const costs: Record<string, number> = { a: 9, b: 3 }
const costOf: Asked['costOf'] = ({ channel: { name } }) => {
  const price = costs[name]
  return price === undefined ? undefined : { input: price, output: price }
}

describe('policies', () => {
  it.each<{ policies: readonly PolicyName[]; is: string }>([
    { policies: ['priority', 'same_dialect', 'weight'], is: 'acb' },
    { policies: ['cheapest'], is: 'bac' },
    { policies: ['cheapest', 'priority'], is: 'bac' },
    { policies: ['priority', 'cheapest'], is: 'abc' },
    { policies: ['same_dialect', 'cheapest'], is: 'acb' },
  ])('count in their order: $policies', ({ policies, is }) => {
    expect(order(three, asking(policies, { costOf }))).toBe(is)
  })

  it('weigh a usual mix: more is read than written', () => {
    const prices: Record<string, { input: number; output: number }> = {
      a: { input: 1, output: 20 },
      b: { input: 5, output: 6 },
    }
    const asked = asking(['cheapest'], { costOf: ({ channel: { name } }) => prices[name] })
    expect(order([channel('a'), channel('b')], asked)).toBe('ba')
  })

  it('draw by weight where they see no difference', () => {
    const some = [channel('a', { weight: 1 }), channel('b', { weight: 3 })]
    for (const policies of [[], ['cheapest'], ['weight'], ['priority']] as const) {
      const drawn = shares(some, asking(policies), 4_000)
      // Four standard deviations of a fair draw.
      expect(Math.abs((drawn.b ?? 0) - 0.75)).toBeLessThan(4 * Math.sqrt((0.75 * 0.25) / 4_000))
    }
  })

  it('are those that the client wants, when it says so', () => {
    const preferences = { ...noPreferences, sort: 'price' as const }
    expect(order(three, asking(['priority'], { costOf, preferences }))).toBe('bac')
    const first = { ...preferences, order: ['c'] }
    expect(order(three, asking(['priority'], { costOf, preferences: first }))).toBe('cba')
  })
})

describe('the fastest', () => {
  const some = ['a', 'b', 'c'].map((name) => channel(name))
  const measured = (times: Record<string, number>) => {
    const speeds = speed(clock)
    for (const [name, ms] of Object.entries(times))
      speeds.measured({ channel: { name }, model: 'm', secret: 's' }, 'stream', ms)
    return asking(['fastest'], { speedOf: (candidate) => speeds.of(candidate, 'stream') })
  }

  it('comes first, by what was measured', () => {
    expect(order(some, measured({ a: 900, b: 300, c: 600 }))).toBe('bca')
  })

  it('shares with those who are nearly as fast', () => {
    const drawn = shares(some, measured({ a: 300, b: 302, c: 900 }), 2_000)
    expect(drawn.c).toBeUndefined()
    expect(Math.abs((drawn.a ?? 0) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 2_000))
  })

  it('leaves a few requests to those who were not measured', () => {
    const drawn = shares(some, measured({ a: 300, b: 600 }), 8_000)
    expect(drawn.b).toBeUndefined()
    expect(Math.abs((drawn.c ?? 0) - explored)).toBeLessThan(4 * Math.sqrt((explored * (1 - explored)) / 8_000))
  })

  it('is an average in which the newest counts most, and which is forgotten', () => {
    const speeds = speed(clock, 2)
    const place = { channel: { name: 'a' }, model: 'm', secret: 's' }
    for (const ms of [1_000, 500, 500]) speeds.measured(place, 'stream', ms)
    expect(speeds.of(place, 'stream')).toBeCloseTo(820)
    expect(speeds.of(place, 'whole')).toBeUndefined()
    for (const model of ['n', 'o']) speeds.measured({ ...place, model }, 'stream', 1)
    expect(speeds.of(place, 'stream')).toBeUndefined()
    nowMs += 10 * 60_000
    expect(speeds.of({ ...place, model: 'o' }, 'stream')).toBeUndefined()
  })

  it('keeps a conversation where it was answered, whoever is faster by then', () => {
    const stays = displaced(clock)
    const asked = { ...measured({ a: 900, b: 300 }), displaced: stays, conversation: () => 'talk' }
    const planned = plan(some.slice(0, 2), asked)
    const [first] = planned.candidates
    if (!first) throw new Error('nobody')
    stays.answered(planned, first)
    const later = { ...measured({ a: 100, b: 300 }), displaced: stays }
    expect(order(some.slice(0, 2), { ...later, conversation: () => 'talk' })).toBe('ba')
    expect(order(some.slice(0, 2), { ...later, conversation: () => 'another' })).toBe('ab')
  })
})

describe('who writes most', () => {
  const some = ['a', 'b', 'c', 'd'].map((name) => channel(name))
  const place = (name: string) => ({ channel: { name }, model: 'm', secret: 's' })
  const preferences = { ...noPreferences, sort: 'throughput' as const }

  /** Tokens a second and milliseconds until the first words, by channel. */
  const measured = (rates: Record<string, number>, waits: Record<string, number> = {}) => {
    const speeds = speed(clock)
    for (const [name, tokens] of Object.entries(rates)) speeds.wrote(place(name), 'stream', { tokens, ms: 1_000 })
    for (const [name, ms] of Object.entries(waits)) speeds.measured(place(name), 'stream', ms)
    return asking(['priority'], {
      preferences,
      rateOf: (candidate) => speeds.rateOf(candidate, 'stream'),
      speedOf: (candidate) => speeds.of(candidate, 'stream'),
      // Nobody explores.
      random: () => 0.99,
    })
  }

  it('in a second comes first, however soon others begin', () => {
    expect(order(some, measured({ a: 30, b: 90, c: 200, d: 60 }, { a: 1, b: 2, c: 900, d: 3 }))).toBe('cbda')
  })

  it('goes before those who were not measured, of whom who begins soonest is first', () => {
    expect(order(some, measured({ c: 30 }, { a: 600, b: 900, c: 10_000, d: 100 }))).toBe('cdab')
    expect(order(some, measured({}, { a: 600, b: 900, c: 200, d: 100 }))).toBe('dcab')
  })

  it('leaves a few requests to those who were not measured', () => {
    const asked = { ...measured({ a: 300, b: 100, c: 50 }), random: chance(1) }
    const drawn = shares(some, asked, 8_000)
    expect(Math.abs((drawn.d ?? 0) - explored)).toBeLessThan(4 * Math.sqrt((explored * (1 - explored)) / 8_000))
    expect((drawn.a ?? 0) + (drawn.d ?? 0)).toBeCloseTo(1)
  })

  it('is an average of answers that are long enough, each form for itself', () => {
    const speeds = speed(clock)
    speeds.wrote(place('a'), 'stream', { tokens: 19, ms: 1 })
    speeds.wrote(place('a'), 'stream', { tokens: 500, ms: 0 })
    expect(speeds.rateOf(place('a'), 'stream')).toBeUndefined()
    speeds.wrote(place('a'), 'stream', { tokens: 100, ms: 2_000 })
    speeds.wrote(place('a'), 'stream', { tokens: 100, ms: 1_000 })
    expect(speeds.rateOf(place('a'), 'stream')).toBeCloseTo(60)
    expect(speeds.rateOf(place('a'), 'whole')).toBeUndefined()
    nowMs += 10 * 60_000
    expect(speeds.rateOf(place('a'), 'stream')).toBeUndefined()
  })
})

describe('who rests', () => {
  const one = (name: string, secret: string, more: Partial<Channel> = {}) =>
    channel(name, { secrets: [secret], ...more })

  it('is asked last, and only one of them: one whose secret is of use', () => {
    const some = ['a', 'b', 'c', 'd'].map((name, at) => one(name, `s${name}`, { priority: -at }))
    const book = health(clock)
    const place = (name: string) => ({ channel: { name }, model: 'm', secret: `s${name}` })
    book.failed(place('a'), { class: 'billing', message: '' })
    book.failed(place('b'), { class: 'rate_limit', message: '' })
    book.failed(place('c'), { class: 'overloaded', message: '' })
    const asked = asking(['priority'], { health: book })
    expect(order(some, asked)).toBe('db')
    book.failed(place('d'), { class: 'auth', message: '' })
    expect(order(some, asked)).toBe('b')
    expect(order(some.slice(0, 1), asked)).toBe('a')
  })
})

describe('a configuration', () => {
  const check = (yaml: string) => checkConfig({ file: yaml, environment: {} })
  const problems = (yaml: string) => {
    const checked = check(yaml)
    return checked.ok ? [] : checked.problems
  }

  it('says policies and fallbacks', () => {
    const checked = check('routing: { policies: [cheapest, weight] }\nfallbacks: { smart: [a, b], "x-*": [c] }')
    expect(checked.ok && checked.config.routing).toEqual({
      policies: ['cheapest', 'weight'],
      fallbacks: [
        { name: 'smart', models: ['a', 'b'] },
        { name: 'x-*', models: ['c'] },
      ],
      retryRatio: 0.1,
    })
  })

  it.each([
    'routing: { policies: [cheapest, cheapest] }',
    'routing: { policies: [prettiest] }',
    'routing: { retry_ratio: -1 }',
    'routing: { polices: [] }',
    'fallbacks: { smart: [] }',
    'fallbacks: [smart]',
  ])('is refused with its line: %s', (yaml) => {
    expect(problems(yaml)).toMatchObject([{ line: 1 }])
  })
})

describe('a gateway that is asked for throughput', () => {
  let time = 1_000_000
  let fleet: Fleet
  beforeEach(async () => {
    const channels = { slow: 'models: [m], priority: 1', quick: 'models: [m]' }
    fleet = await startFleet(channels, '', { clock: () => time, random: () => 0.99 })
  })
  afterEach(() => fleet.close())

  const words = 'word '.repeat(100)
  const durations = Object.entries({ slow: 10_000, quick: 1_000 })
  const only = (name: string) => ({ provider: { only: [name] } })

  it('has measured whole answers', async () => {
    for (const [name, ms] of durations) {
      fleet.says(name, (response) => {
        time += ms
        answersWith(words)(response)
      })
      await ask(fleet, { body: only(name) })
    }
    fleet.forget()
    await ask(fleet, { body: { provider: { sort: 'throughput' } } })
    await ask(fleet)
    expect(fleet.asked().map(({ channel: name }) => name)).toEqual(['quick', 'slow'])
  })

  it('has measured streams, from their first words', async () => {
    for (const [name, ms] of durations) {
      let finish = (): void => {}
      fleet.says(name, (response) => {
        // Who begins late may write quickly all the same.
        time += 11_000 - ms
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'First ' }))
        finish = () => void response.end(`${chunkOf({ content: words })}${chunkOf({}, 'stop')}data: [DONE]\n\n`)
      })
      await streamed(only(name), () => {
        time += ms
        finish()
      })
    }
    fleet.forget()
    await streamed({ provider: { sort: 'throughput' } })
    await streamed({})
    expect(fleet.asked().map(({ channel: name }) => name)).toEqual(['quick', 'slow'])
  })

  /** @param onFirst called when the first words are there; absent: the client leaves then. */
  async function streamed(body: object, onFirst?: () => void): Promise<void> {
    const response = await fetch(`${fleet.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Hello' }], ...body }),
    })
    const reader = response.body?.getReader()
    await reader?.read()
    onFirst?.()
    if (!onFirst) return reader?.cancel()
    for (let isDone: boolean | undefined = false; !isDone; ) isDone = (await reader?.read())?.done ?? true
  }
})

const answersWith = (content: string) =>
  refuses(200, {
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 100, total_tokens: 101 },
  })

const chunkOf = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`

describe('a gateway that asks the cheapest', () => {
  it('knows list prices, and what its clients cost', async () => {
    const fleet = await startFleet(
      { own: 'models: [m]', other: 'models: [m], weight: 9' },
      'routing: { policies: [fastest, cheapest, priority] }',
    )
    try {
      expect((await ask(fleet)).status).toBe(200)
      expect((await ask(fleet, { body: { provider: { sort: { by: 'price', partition: null } } } })).status).toBe(200)
    } finally {
      await fleet.close()
    }
  })
})
