import { afterEach, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../../src/model/dialect.ts'
import { ask, type Fleet, type Heard, startFleet } from '../routing/fleet.ts'

// What a key, an account and everybody together may ask of a model.

let fleet: Fleet
let nowMs: number
afterEach(() => fleet.close())

const mine = 'sk-mine-0123456789abcdef'
const other = 'sk-other-0123456789abcdef'

/** @param limits of the key `mine`, in YAML. */
async function start(limits: string, more = ''): Promise<void> {
  nowMs = 1_000_000
  fleet = await startFleet(
    { one: 'models: ["*"]' },
    `accounts: [{ name: shared${more.includes('@account') ? `, limits: ${more.replace('@account', '')}` : ''} }]
keys:
  - { name: mine, key: ${mine}, account: shared, aliases: { nickname: claude-big }${limits && `, limits: ${limits}`} }
  - { name: other, key: ${other}, account: shared }
${more.includes('@account') ? '' : more}`,
    { clock: () => nowMs },
  )
}

const from = (secret: string, model: string, more: Parameters<typeof ask>[1] = {}): Promise<Heard> =>
  ask(fleet, { secret, model, ...more })
const statuses = async (...asked: readonly (readonly [string, string])[]): Promise<number[]> => {
  const heard: number[] = []
  for (const [secret, model] of asked) heard.push((await from(secret, model)).status)
  return heard
}

describe('a limit of a model', () => {
  it('of a key holds for that key alone, by the name that it means', async () => {
    await start('{ models: { "claude-*": { requests_per_minute: 2 } } }')
    expect(await statuses([mine, 'claude-big'], [mine, 'nickname'], [mine, 'claude-small'])).toEqual([200, 200, 429])
    expect(await statuses([mine, 'gpt'], [other, 'claude-big'])).toEqual([200, 200])
    nowMs += 30_000
    expect(await statuses([mine, 'claude-big'], [mine, 'claude-big'])).toEqual([200, 429])
  })

  it('of an account holds for all of its keys', async () => {
    await start('', '@account{ models: { claude-big: { requests_per_minute: 1 } } }')
    expect(await statuses([mine, 'claude-big'], [other, 'claude-big'], [other, 'claude-small'])).toEqual([
      200, 429, 200,
    ])
  })

  it('of the whole deployment holds for everybody', async () => {
    await start('', 'model_limits: { "claude-*": { requests_per_minute: 1 } }')
    expect(await statuses([mine, 'claude-big'], [other, 'claude-small'], [other, 'gpt'])).toEqual([200, 429, 200])
    const refused = await from(other, 'claude-big')
    expect(refused.text).toContain('The model \\"claude-big\\" has reached its limit of requests a minute.')
  })

  it('is one of several: each pattern that matches counts', async () => {
    await start('{ models: { "*": { requests_per_minute: 3 }, claude-big: { requests_per_minute: 1 } } }')
    const asked = await statuses(
      [mine, 'claude-big'],
      [mine, 'claude-big'],
      [mine, 'gpt'],
      [mine, 'gpt'],
      [mine, 'gpt'],
    )
    // Who is refused by one has taken nothing from the other.
    expect(asked).toEqual([200, 429, 200, 200, 429])
  })

  it('of requests at once is free again when an answer is over', async () => {
    await start('{ models: { claude-big: { concurrency: 1 } } }')
    const held: (() => void)[] = []
    const reached = new Promise<void>((resolve) => {
      fleet.says('one', (response) => {
        held.push(() => void response.writeHead(500).end('{}'))
        resolve()
      })
    })
    const first = from(mine, 'claude-big')
    await reached
    expect((await from(mine, 'claude-big')).text).toContain('limit of requests at once')
    for (const release of held) release()
    expect((await first).status).toBe(500)
    fleet.says('one')
    nowMs += 3_600_000
    expect((await from(mine, 'claude-big')).status).toBe(200)
  })

  it('of tokens is charged with a guess, and then with what the vendor says', async () => {
    await start('{ models: { claude-big: { tokens_per_minute: 6000 } } }')
    const long = { body: { messages: [{ role: 'user', content: 'x'.repeat(20_000) }] } }
    // The vendor says 2 tokens, whatever is asked.
    for (let time = 0; time < 3; time++) expect((await from(mine, 'claude-big', long)).status).toBe(200)
    const { headers } = await from(mine, 'claude-big')
    expect([headers.get('x-ratelimit-limit-tokens'), headers.get('x-ratelimit-remaining-tokens')]).toEqual([
      '6000',
      // Three answers, and the guess at the fourth question.
      expect.stringMatching(/^59[5-9]\d$/),
    ])
    fleet.says('one', (response) => {
      const usage = { prompt_tokens: 9_000, completion_tokens: 1_000, total_tokens: 10_000 }
      const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }]
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices, usage }))
    })
    expect((await from(mine, 'claude-big')).status).toBe(200)
    const refused = await from(mine, 'claude-big')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^4\d$/)])
    expect(refused.text).toContain('This API key, for \\"claude-big\\", has reached its limit of tokens a minute.')
  })
})

describe.each(dialectIds)('in %s', (format: DialectId) => {
  it('the refusal says when to come back, and the headers tell the tightest of all limits', async () => {
    await start('{ requests_per_minute: 100, models: { "claude-*": { requests_per_minute: 2 } } }')
    const first = await from(mine, 'claude-big', { format })
    await from(mine, 'claude-big', { format })
    const refused = await from(mine, 'claude-big', { format })
    expect([first.status, refused.status]).toEqual([200, 429])
    expect(refused.headers.get('retry-after')).toBe('30')
    expect(refused.headers.get('retry-after-ms')).toBe('30000')
    const names: Partial<Record<DialectId, string>> = {
      'anthropic-messages': 'anthropic-ratelimit-requests-',
      'openai-chat': 'x-ratelimit-remaining-requests',
      'openai-responses': 'x-ratelimit-remaining-requests',
    }
    const told = ({ headers }: Heard): string | null => {
      const name = names[format] ?? 'x-ratelimit-remaining-requests'
      return headers.get(name.endsWith('-') ? `${name}remaining` : name)
    }
    expect([told(first), told(refused)]).toEqual(format === 'gemini' ? [null, null] : ['1', '0'])
    // Another model is not held against it.
    expect(told(await from(mine, 'gpt', { format }))).toBe(format === 'gemini' ? null : '96')
    expect(fleet.asked()).toHaveLength(3)
  })
})

describe('a model that stands in', () => {
  it('counts against its own limit, and is passed over when that is reached', async () => {
    await start('{ models: { second: { requests_per_minute: 1 } } }', 'fallbacks: { first: [second, third] }')
    fleet.says('one', (response) => {
      const { model } = fleet.asked().at(-1)?.body ?? {}
      if (model !== 'first') fleet.says('one')
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message: 'no such model', code: 'model_not_found' } }))
    })
    const explain = { headers: { 'x-causeway-explain': '1' } }
    await from(mine, 'first')
    expect(fleet.asked().map(({ body }) => body.model)).toEqual(['first', 'second', 'third'])
    fleet.forget()
    const { headers } = await from(mine, 'first', explain)
    const { candidates } = JSON.parse(headers.get('x-causeway-explain') ?? '{}')
    expect(candidates).toContainEqual(
      expect.objectContaining({
        model: 'second',
        not: 'limit',
        limit: expect.objectContaining({ of: 'model', why: 'its limit of requests a minute is reached' }),
      }),
    )
    expect(fleet.asked().map(({ body }) => body.model)).not.toContain('second')
  })

  it('is not counted twice where one pattern is for both', async () => {
    await start('{ models: { "*": { requests_per_minute: 1 } } }', 'fallbacks: { first: [second] }')
    fleet.says('one', (response) => {
      fleet.says('one')
      response.writeHead(503, { 'content-type': 'application/json' })
      response.end('{}')
    })
    expect(await statuses([mine, 'first'], [mine, 'first'])).toEqual([200, 429])
  })
})
