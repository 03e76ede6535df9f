import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { dialectIds } from '../../../src/model/dialect.ts'
import { key } from '../../support/gateway.ts'
import { ask, type Fleet, nameIn, refuses, type Script, startFleet } from './fleet.ts'

const narrow = 'sk-narrow-0123456789abcdef'
const guest = 'sk-guest-00123456789abcdef'
let fleet: Fleet
let nowMs = 1_000_000

beforeAll(async () => {
  fleet = await startFleet(
    {
      big: 'models: [big, dear-one], keys: [secret-1, secret-2]',
      small: 'models: [small, { name: mapped, upstream: real-name }]',
      last: 'models: [last]',
    },
    `
routing: { retry_ratio: 10 }
fallbacks: { smart: [big, small], big: [small, last], "dear-*": [small] }
groups: [{ name: guests, channels: ["sm*"] }]
accounts: [{ name: visitor, group: guests }]
keys:
  - { name: test, key: ${key}, aliases: { nick: small } }
  - { name: narrow, key: ${narrow}, models: [big, last] }
  - { name: guest, key: ${guest}, account: visitor }`,
    { clock: () => nowMs },
  )
})
afterAll(() => fleet.close())
afterEach(() => {
  for (const name of ['big', 'small', 'last']) fleet.says(name)
  fleet.forget()
  // Whoever rested is well again.
  nowMs += 40 * 24 * 3_600_000
})

const error = (code: string, message = 'no'): object => ({ error: { message, type: 'invalid_request_error', code } })
const asked = (): string =>
  fleet
    .asked()
    .map(({ channel, body, path }) => `${channel}:${nameIn(path) ?? body.model}`)
    .join(' ')

const tooLong = refuses(400, error('context_length_exceeded', "This model's maximum context length is 10 tokens."))
const filtered = refuses(400, error('content_policy_violation', 'Filtered by policy.'))

describe("an operator's chain", () => {
  const cases: Record<string, readonly [Script | undefined, string]> = {
    'is not used while the first answers': [undefined, 'big:big'],
    'is used when it fails': [refuses(500), 'big:big small:small'],
    'is used when the model is not there': [refuses(404, error('model_not_found')), 'big:big small:small'],
    'is used at once when the request is too long for it': [tooLong, 'big:big small:small'],
    'is not used when the request is wrong': [refuses(400, error('invalid')), 'big:big'],
    'is not used when the request is filtered': [filtered, 'big:big'],
  }
  it.each(Object.entries(cases))('%s', async (_, [script, expected]) => {
    fleet.says('big', script)
    const answer = await ask(fleet, { model: 'big' })
    expect(asked()).toBe(expected)
    if (answer.status === 200) expect(answer.body.model).toBe('big')
  })

  it('gives each of its models a turn, and what is left to the secrets of the first', async () => {
    fleet.says('big', refuses(500))
    fleet.says('small', refuses(500))
    expect((await ask(fleet, { model: 'big' })).status).toBe(200)
    expect(asked()).toBe('big:big small:small last:last')
  })

  it('can begin with a name that nobody serves, or with a pattern', async () => {
    const smart = await ask(fleet, { model: 'smart' })
    expect([smart.status, smart.body.model, asked()]).toEqual([200, 'smart', 'big:big'])
    fleet.says('big', refuses(500))
    fleet.forget()
    const dear = await ask(fleet, { model: 'dear-one' })
    expect([dear.status, dear.body.model, asked()]).toEqual([200, 'dear-one', 'big:dear-one big:dear-one small:small'])
  })

  it('does not lead a key to models that it may not use', async () => {
    fleet.says('big', refuses(500))
    expect((await ask(fleet, { model: 'big', secret: narrow })).status).toBe(200)
    expect(asked()).toBe('big:big big:big last:last')
  })
})

describe.each(dialectIds)("a client's chain in %s", (format) => {
  it('is answered by the one whose name the answer bears, asked for under its own name', async () => {
    fleet.says('big', refuses(500))
    const answer = await ask(fleet, { format, model: 'big', body: { models: ['mapped'] } })
    expect(answer.status).toBe(200)
    expect(asked()).toBe('big:big big:big small:real-name')
    expect(answer.body[format === 'gemini' ? 'modelVersion' : 'model']).toBe('mapped')
  })

  it('is refused where the key may not use one of it', async () => {
    const answer = await ask(fleet, { format, model: 'big', secret: narrow, body: { models: ['last', 'small'] } })
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('small')])
    expect(asked()).toBe('')
  })
})

describe("a client's chain", () => {
  it.each(['openai-chat', 'openai-responses'] as const)(
    'goes on after any refusal of the model, and not after one of the request: %s',
    async (format) => {
      fleet.says('big', filtered)
      expect((await ask(fleet, { format, model: 'big', body: { models: ['nick'] } })).status).toBe(200)
      expect(asked()).toBe('big:big small:small')
      fleet.says('big', refuses(400, error('invalid')))
      expect((await ask(fleet, { format, model: 'big', body: { models: ['nick'] } })).status).toBe(400)
    },
  )
})

describe('models that a body names for its vendor', () => {
  const bodies: Record<string, object> = {
    'a fallback': { fallbacks: [{ model: 'last' }, { model: 'small' }] },
    'a fallback by its name': { fallbacks: ['small'] },
    'whichever the vendor chooses': { fallbacks: 'default' },
    'an advisor': { tools: [{ type: 'advisor_20260301', name: 'advisor', model: 'small' }] },
  }
  it.each(Object.entries(bodies))('are nothing for a key that may not use them: %s', async (_, body) => {
    const secretAsked = { format: 'anthropic-messages', model: 'big', body } as const
    expect((await ask(fleet, { ...secretAsked, secret: narrow })).status).toBe(403)
    expect(asked()).toBe('')
    await ask(fleet, secretAsked)
    expect(asked()).toBe('big:big')
  })

  it('may be used by a key that may', async () => {
    const body = { fallbacks: [{ model: 'last' }] }
    await ask(fleet, { format: 'anthropic-messages', model: 'big', body, secret: narrow })
    expect(asked()).toBe('big:big')
  })
})

describe('a group', () => {
  it('leads to its channels alone, also by a chain', async () => {
    expect((await ask(fleet, { model: 'last', secret: guest })).status).toBe(404)
    expect((await ask(fleet, { model: 'big', secret: guest })).status).toBe(200)
    expect(asked()).toBe('small:small')
  })
})

describe('faults of the account', () => {
  it('park one secret for every model, and are told to the operator once', async () => {
    const since = fleet.gateway.lines.length
    fleet.says('big', refuses(402, { error: { message: 'Your credit balance is too low', type: 'billing_error' } }))
    for (let time = 0; time < 3; time++) expect((await ask(fleet, { model: 'big' })).status).toBe(200)
    const told = fleet.gateway.lines.slice(since).filter(({ record }) => record.state === 'parked')
    expect(told.map(({ level, record }) => [level, record.channel, record.fault])).toEqual([
      ['error', 'big', 'billing'],
      ['error', 'big', 'billing'],
    ])
    expect(JSON.stringify(told)).not.toContain('secret-')
    fleet.forget()
    fleet.says('big')
    // Another model of the same two secrets.
    expect((await ask(fleet, { model: 'dear-one' })).status).toBe(200)
    expect(asked()).toBe('small:small')
  })
})

describe('the list of models', () => {
  const listed = async (secret: string): Promise<string> => {
    const answer = await fetch(`${fleet.gateway.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })
    // The format that it was asked in.
    const { data } = (await answer.json()) as { data: { id: string }[] }
    return data.map(({ id }) => id).join(' ')
  }

  it('has the names of chains, and what a group can reach', async () => {
    expect(await listed(key)).toBe('big dear-one last mapped nick small smart')
    expect(await listed(guest)).toBe('big mapped small smart')
    expect(await listed(narrow)).toBe('big last')
  })
})
