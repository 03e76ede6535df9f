import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { dialectIds } from '../../../src/model/dialect.ts'
import { key } from '../../support/gateway.ts'
import { ask, type Fleet, refuses, startFleet } from '../routing/fleet.ts'

// What a channel and each of its credentials may be asked.

let fleet: Fleet
let nowMs: number
afterEach(() => fleet.close())

async function start(channels: Readonly<Record<string, string>>, more = ''): Promise<void> {
  nowMs = 1_000_000
  fleet = await startFleet(channels, more, { clock: () => nowMs })
}

const whoWasAsked = (): string =>
  fleet
    .asked()
    .map(({ channel }) => channel)
    .join(' ')

/** Its answers wait until they are let go. */
function holdBack(channel: string): { readonly held: ServerResponse[]; reached(count: number): Promise<void> } {
  const held: ServerResponse[] = []
  fleet.says(channel, (response) => void held.push(response))
  return { held, reached: (count) => vi.waitFor(() => expect(held.length).toBe(count), { interval: 5 }) }
}

const explained = async (): Promise<{
  readonly candidates: readonly Record<string, unknown>[]
  readonly attempts: readonly unknown[]
}> => {
  const answer = await ask(fleet, { headers: { 'x-causeway-explain': '1' } })
  return JSON.parse(answer.headers.get('x-causeway-explain') ?? '{}')
}

describe('a channel at its limit', () => {
  it('is passed over, and asked again when there is room', async () => {
    await start({ first: 'priority: 1, limits: { requests_per_minute: 2 }', second: '' })
    for (let time = 0; time < 4; time++) expect((await ask(fleet)).status).toBe(200)
    expect(whoWasAsked()).toBe('first first second second')
    fleet.forget()
    nowMs += 30_000
    await ask(fleet)
    await ask(fleet)
    expect(whoWasAsked()).toBe('first second')
  })

  it('says so in an explanation and in a dry run, and nothing is held against its health', async () => {
    await start({ first: 'priority: 1, limits: { requests_per_minute: 1 }', second: '' })
    await ask(fleet)
    const full = {
      channel: 'first',
      not: 'limit',
      limit: {
        of: 'channel',
        why: 'its limit of requests a minute is reached',
        until: new Date(1_060_000).toISOString(),
      },
    }
    const { candidates } = await explained()
    expect(candidates).toMatchObject([{ channel: 'second', position: 1 }, full])
    expect(candidates[1]).not.toHaveProperty('rest')
    const dry = await ask(fleet, { path: '/api/route' })
    expect(dry.body).toMatchObject({ candidates: [{ channel: 'second', position: 1 }, full] })
  })

  it('takes nobody’s attempt: three others are asked all the same', async () => {
    await start(
      {
        first: 'priority: 4, limits: { requests_per_minute: 1 }',
        second: 'priority: 3',
        third: 'priority: 2',
        fourth: 'priority: 1',
      },
      'routing: { retry_ratio: 5 }',
    )
    await ask(fleet)
    for (const name of ['second', 'third']) fleet.says(name, refuses(500))
    fleet.forget()
    expect((await ask(fleet)).status).toBe(200)
    expect(whoWasAsked()).toBe('second third fourth')
  })

  it.each(dialectIds)('and nobody else there: 429 in %s with the soonest time to come back', async (format) => {
    await start({
      first: 'priority: 1, limits: { requests_per_minute: 1 }',
      second: 'limits: { requests_per_minute: 4 }',
    })
    for (let time = 0; time < 5; time++) await ask(fleet, { format })
    expect(whoWasAsked()).toBe('first second second second second')
    const refused = await ask(fleet, { format })
    expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('retry-after-ms')]).toEqual([
      429,
      '15',
      '15000',
    ])
    expect(refused.text).not.toMatch(/first|second/)
    // Our channels' limits are no quota of the client's.
    expect([...refused.headers.keys()].filter((name) => name.includes('ratelimit'))).toEqual([])
    const dry = await ask(fleet, { path: '/api/route', format, body: { model: 'm' } })
    expect(dry.body).toMatchObject({ candidates: [{ not: 'limit' }, { not: 'limit' }] })
  })

  it('has one for each of its credentials', async () => {
    await start({ first: 'keys: [secret-one, secret-two], credential_limits: { requests_per_minute: 1 }' })
    const heard = [await ask(fleet), await ask(fleet), await ask(fleet)]
    expect(heard.map(({ status }) => status)).toEqual([200, 200, 429])
    const shown = fleet.asked().map(({ headers }) => headers.authorization)
    expect(new Set(shown).size).toBe(2)
  })

  it('of tokens has room for what its vendor says that was used', async () => {
    await start({ first: 'priority: 1, limits: { tokens_per_minute: 5000 }', second: '' })
    const body = { messages: [{ role: 'user', content: 'x'.repeat(16_000) }] }
    // A guess of 4,000 each, and 2 by the vendor.
    for (let time = 0; time < 3; time++) await ask(fleet, { body })
    expect(whoWasAsked()).toBe('first first first')
    const waiting = holdBack('first')
    const first = ask(fleet, { body })
    await waiting.reached(1)
    expect((await ask(fleet, { body })).status).toBe(200)
    expect(fleet.asked().at(-1)?.channel).toBe('second')
    for (const response of waiting.held) refuses(500)(response)
    await first
    fleet.says('first')
    // What failed has used nothing.
    fleet.forget()
    await ask(fleet, { body })
    expect(whoWasAsked()).toBe('first')
  })
})

describe('requests at once', () => {
  it('go on to the next, and never more to one than it may have', async () => {
    await start({
      first: 'priority: 1, limits: { concurrency: 2 }',
      second: 'limits: { concurrency: 3 }',
    })
    const both = [holdBack('first'), holdBack('second')]
    const refused: number[] = []
    const asked = Array.from({ length: 12 }, async () => {
      const { status } = await ask(fleet)
      if (status === 429) refused.push(status)
    })
    await vi.waitFor(() => expect(refused).toHaveLength(7), { interval: 5 })
    expect(both.map(({ held }) => held.length)).toEqual([2, 3])
    for (const { held } of both) for (const response of held) refuses(400)(response)
    await Promise.all(asked)
    expect(refused).toHaveLength(7)
    for (const name of ['first', 'second']) fleet.says(name)
    expect((await ask(fleet)).status).toBe(200)
  })

  /** What an upstream does with an answer, and how the client behaves. */
  const endings = {
    whole: (response: ServerResponse) => refuses(200, { choices: [] })(response),
    refused: refuses(400),
    trouble: refuses(503),
    limited: refuses(429),
    nonsense: (response: ServerResponse) => void response.writeHead(200).end('<html>'),
    cut: (response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(
        'data: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n',
      )
      setImmediate(() => response.destroy())
    },
    reset: (response: ServerResponse) => void response.destroy(),
    silent: () => undefined,
  } as const
  const leaving = ['stays', 'FIN', 'RST'] as const

  /** A client that leaves as soon as its request is at the upstream. */
  async function leave(how: 'FIN' | 'RST', stream: boolean): Promise<void> {
    const before = fleet.asked().length
    const body = JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: 'Hello' }] })
    const { hostname, port } = new URL(fleet.gateway.url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await vi.waitFor(() => expect(fleet.asked().length).toBeGreaterThan(before), { interval: 5 })
    if (how === 'FIN') socket.end()
    else socket.resetAndDestroy()
  }

  it('are free again however an attempt ends', async () => {
    await start({ only: 'limits: { concurrency: 1 }' }, 'routing: { retry_ratio: 9 }')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...(Object.keys(endings) as (keyof typeof endings)[])),
        fc.constantFrom(...leaving),
        fc.boolean(),
        async (ending, client, stream) => {
          // Whatever rested is well again.
          nowMs += 24 * 3_600_000
          fleet.says('only', endings[ending])
          if (client !== 'stays') await leave(client, stream)
          else if (ending !== 'silent') await ask(fleet, { body: { stream } })
          fleet.says('only')
          nowMs += 24 * 3_600_000
          await vi.waitFor(async () => expect((await ask(fleet)).status).toBe(200), { interval: 5, timeout: 5_000 })
        },
      ),
      { numRuns: 60 },
    )
  })

  it('do not include who could not pay', async () => {
    await start(
      { only: 'limits: { concurrency: 1, requests_per_minute: 100 }' },
      `accounts: [{ name: poor, credit_limit: 0 }, { name: rich }]
keys: [{ name: poor, key: sk-poor-0123456789abcdef, account: poor }, { name: rich, key: ${key}, account: rich }]
prices: [{ model: "*", input: 1, output: 1 }]`,
    )
    for (let time = 0; time < 5; time++)
      expect((await ask(fleet, { secret: 'sk-poor-0123456789abcdef' })).text).toContain('insufficient_quota')
    expect((await ask(fleet)).status).toBe(200)
  })
})
