import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../../src/model/dialect.ts'
import { key } from '../../support/gateway.ts'
import { ask, type Fleet, type Heard, refuses, startFleet } from './fleet.ts'

const guest = 'sk-guest-00123456789abcdef'
let fleet: Fleet
let nowMs = Date.UTC(2026, 10, 21)

beforeAll(async () => {
  fleet = await startFleet(
    {
      kühl: 'models: [m, only-here], priority: 2, keys: [secret-of-the-first-1111]',
      second: 'models: [m, many-*], priority: 1, dialects: [openai-chat]',
      third: 'models: [m]',
      private: 'models: [m]',
    },
    `
groups: [{ name: guests, channels: ["second", "third"] }]
accounts: [{ name: visitor, group: guests }]
keys:
  - { name: test, key: ${key} }
  - { name: guest, key: ${guest}, account: visitor }`,
    { clock: () => nowMs },
  )
})
afterAll(() => fleet.close())

interface Told {
  readonly candidates: readonly Record<string, unknown>[]
  readonly attempts: readonly Record<string, unknown>[]
  readonly [field: string]: unknown
}

const headers = { 'x-causeway-explain': '1' }
// The header is what this file is about.
const told = (heard: Heard): Told => JSON.parse(heard.headers.get('x-causeway-explain') ?? 'null') as Told
const dryRun = async (body: object, secret = key, more: Record<string, string> = {}): Promise<Heard> =>
  ask(fleet, { path: '/api/route', body: { messages: undefined, ...body }, secret, headers: more })

describe('an explanation', () => {
  it('is given to those who ask for it alone', async () => {
    expect((await ask(fleet)).headers.get('x-causeway-explain')).toBeNull()
    expect(told(await ask(fleet, { headers }))).toMatchObject({ model: 'm', format: 'openai-chat' })
  })

  it('tells who was considered, in which order and why, and who was asked', async () => {
    fleet.says('kühl', refuses(429, { error: { message: 'slow' } }, { 'retry-after': '30' }))
    const first = told(await ask(fleet, { headers }))
    expect(first.attempts).toMatchObject([
      { position: 1, outcome: 'failed', fault: 'rate_limit', ms: expect.any(Number) },
      { position: 2, outcome: 'answered', ms: expect.any(Number) },
    ])
    const again = told(await ask(fleet, { headers, body: { provider: { ignore: ['third'] } } }))
    expect(again.candidates.filter(({ channel }) => channel !== 'private')).toEqual([
      { channel: 'second', credential: '1', provider: 'sandbox', model: 'm', format: 'openai-chat', position: 1 },
      {
        channel: 'kühl',
        credential: '1',
        provider: 'sandbox',
        model: 'm',
        format: 'openai-chat',
        position: 3,
        by: 'health',
        rest: { state: 'resting', fault: 'rate_limit', until: new Date(nowMs + 30_000).toISOString() },
      },
      {
        channel: 'third',
        credential: '1',
        provider: 'sandbox',
        model: 'm',
        format: 'openai-chat',
        not: 'provider.ignore',
      },
    ])
    fleet.says('kühl')
    nowMs += 3_600_000
  })

  it('is there when nobody answers, and when the answer is a stream', async () => {
    const failed = await ask(fleet, { headers, model: 'only-here', body: { max_tokens: 'x' } })
    expect(told(failed)).not.toBeNull()
    fleet.says('kühl', refuses(500))
    const broken = await ask(fleet, { headers, model: 'only-here' })
    expect([broken.status, told(broken).attempts]).toMatchObject([
      500,
      [{ position: 1, outcome: 'failed', fault: 'internal' }],
    ])
    fleet.says('kühl', (response) => {
      const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
      const delta = { ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' } }] }
      const last = { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(`data: ${JSON.stringify(delta)}\n\ndata: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`)
    })
    const streamed = await ask(fleet, { headers, model: 'only-here', body: { stream: true } })
    expect([streamed.status, told(streamed).attempts]).toMatchObject([200, [{ position: 1, outcome: 'answered' }]])
    fleet.says('kühl')
  })

  it('tells holders of keys the channels of their own group, and of no secret any part', async () => {
    const guests = await ask(fleet, { headers, secret: guest })
    expect(told(guests).candidates).toEqual([
      { channel: 'second', credential: '1', provider: 'sandbox', model: 'm', format: 'openai-chat', position: 1 },
      {
        channel: 'third',
        credential: '1',
        provider: 'sandbox',
        model: 'm',
        format: 'openai-chat',
        position: 2,
        by: 'priority',
      },
    ])
    for (const answer of [guests, await ask(fleet, { headers })]) {
      const header = answer.headers.get('x-causeway-explain') ?? ''
      expect(header).toMatch(/^[\x20-\x7e]+$/)
      expect(header).not.toMatch(/secret-of|1111|127\.0\.0\.1|http/)
    }
    const dry = await dryRun({ model: 'only-here', messages: [] })
    expect(dry.text).toContain('"credential":"1"')
    expect(dry.text).not.toContain('1111')
  })

  it('fits a header, and says how much is missing', async () => {
    const wide = await startFleet({
      wide: `models: ["*"], keys: [${Array.from({ length: 300 }, (_, at) => `a-long-secret-${at}`).join(', ')}]`,
    })
    try {
      const heard = await ask(wide, { headers })
      const header = heard.headers.get('x-causeway-explain') ?? ''
      const { candidates, omitted } = told(heard)
      expect(header.length).toBeLessThanOrEqual(8_192)
      expect(candidates.length + Number(omitted)).toBe(300)
      expect(candidates.length).toBeGreaterThan(10)
    } finally {
      await wide.close()
    }
  })
})

describe('a dry run', () => {
  const bodies: Record<DialectId, readonly [object, Record<string, string>]> = {
    'anthropic-messages': [{ messages: [{ role: 'user', content: 'Hello' }] }, { 'anthropic-version': '2023-06-01' }],
    'openai-chat': [{ messages: [{ role: 'user', content: 'Hello' }] }, {}],
    'openai-responses': [{ input: 'Hello' }, {}],
    gemini: [{ contents: [{ parts: [{ text: 'Hello' }] }] }, {}],
  }

  it.each(dialectIds)('asks nobody, and tells the same: %s', async (format) => {
    fleet.forget()
    const [body, more] = bodies[format]
    const heard = await dryRun({ model: 'm', ...body }, key, more)
    expect(heard.status).toBe(200)
    expect(heard.body).toMatchObject({ model: 'm', format, attempts: [] })
    expect(heard.body.candidates).toHaveLength(4)
    const named = await dryRun({ model: 'm', ...body, format }, key)
    expect(named.body).toMatchObject({ format })
    expect(fleet.asked()).toEqual([])
    const asked = told(await ask(fleet, { format, headers }))
    expect(heard.body.candidates).toMatchObject(
      asked.candidates.map(({ channel, by, position }) => ({
        ...(position !== undefined && Number(position) < 3 ? { channel, position } : {}),
        ...(by === 'priority' ? { by } : {}),
      })),
    )
  })

  it.each([
    { body: { model: 'm', format: 'morse' }, status: 400, says: 'format' },
    { body: { model: 'nobody-has-it', messages: [] }, status: 404, says: 'nobody-has-it' },
    { body: { model: 'm', messages: [], provider: { only: ['x'] } }, status: 404, says: 'provider' },
    { body: { model: 'm', messages: [], provider: 3 }, status: 400, says: 'provider' },
  ])('is refused as the request would be: $body', async ({ body, status, says }) => {
    const heard = await dryRun(body)
    expect([heard.status, heard.text]).toEqual([status, expect.stringContaining(says)])
  })

  it('is for keys alone', async () => {
    expect((await dryRun({ model: 'm', messages: [] }, 'sk-nobody')).status).toBe(401)
  })
})
