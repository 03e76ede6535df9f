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
  const picture = { type: 'image_generation', model: 'small' }
  /** For every format but where its own vendor alone has such a field. */
  const bodies: Record<string, object> = {
    'a fallback': { fallbacks: [{ model: 'last' }, { model: 'small' }] },
    'a fallback by its name': { fallbacks: ['small'] },
    'whichever the vendor chooses': { fallbacks: 'default' },
    'fallbacks in other words': { fallback_models: ['last', 'small'] },
    'an advisor': { tools: [{ type: 'advisor_20260301', name: 'advisor', model: 'small' }] },
    'a tool that makes pictures': { tools: [{ type: 'web_search' }, picture] },
    'a tool among others': { tools: [{ type: 'namespace', name: 'n', description: 'd', tools: [picture] }] },
    'a tool with parameters': { tools: [{ type: 'openrouter:image_generation', parameters: { model: 'small' } }] },
    'a judge of what is said': { moderation: { model: 'small', policy: { input: { mode: 'block' } } } },
    'a plugin': { plugins: [{ id: 'fusion', models: ['last', 'small'] }] },
    'an order to a router': { generationConfig: { routingConfig: { manualMode: { modelName: 'small' } } } },
    'an order to a router, spelled otherwise': {
      generation_config: { routing_config: { manual_mode: { model_name: 'small' } } },
    },
  }
  it.each(dialectIds.flatMap((format) => Object.entries(bodies).map(([name, body]) => [format, name, body] as const)))(
    'are nothing for a key that may not use them: %s, %s',
    async (format, _, body) => {
      const secretAsked = { format, model: 'big', body } as const
      expect((await ask(fleet, { ...secretAsked, secret: narrow })).status).toBe(403)
      expect(asked()).toBe('')
      expect((await ask(fleet, secretAsked)).status).not.toBe(403)
    },
  )

  const turns: Record<string, Parameters<typeof ask>[1]> = {
    'an item that brings tools': {
      format: 'openai-responses',
      model: 'big',
      body: {
        input: [
          { type: 'additional_tools', role: 'developer', tools: [picture] },
          { role: 'user', content: 'Hi' },
        ],
      },
    },
    'a block that brings a tool': {
      format: 'anthropic-messages',
      model: 'big',
      body: {
        messages: [
          { role: 'user', content: 'Hi' },
          {
            role: 'system',
            content: [{ type: 'tool_addition', tool: { type: 'advisor_20260301', name: 'advisor', model: 'small' } }],
          },
        ],
      },
    },
  }
  it.each(Object.entries(turns))('are found in %s', async (_, asking) => {
    expect((await ask(fleet, { ...asking, secret: narrow })).status).toBe(403)
    expect(asked()).toBe('')
  })

  const innocent: Record<string, Parameters<typeof ask>[1]> = {
    'one that it may use': { format: 'anthropic-messages', model: 'big', body: { fallbacks: [{ model: 'last' }] } },
    'a picture by one that it may use': {
      format: 'openai-responses',
      model: 'big',
      body: { tools: [{ type: 'image_generation', model: 'last' }] },
    },
    'a function with a parameter of that name': {
      format: 'openai-chat',
      model: 'big',
      body: {
        tools: [
          {
            type: 'function',
            function: {
              name: 'rent',
              parameters: { type: 'object', properties: { model: { type: 'string' } }, default: { model: 'small' } },
            },
          },
        ],
      },
    },
    'a function, said flatly': {
      format: 'openai-responses',
      model: 'big',
      body: {
        tools: [{ type: 'function', name: 'rent', parameters: { type: 'object', examples: [{ model: 'small' }] } }],
      },
    },
    'a tool with a schema': {
      format: 'anthropic-messages',
      model: 'big',
      body: { tools: [{ name: 'rent', input_schema: { type: 'object', default: { model: 'small' } } }] },
    },
    'a declared function': {
      format: 'gemini',
      model: 'big',
      body: {
        tools: [{ functionDeclarations: [{ name: 'rent', parametersJsonSchema: { default: { model: 'small' } } }] }],
      },
    },
  }
  it.each(Object.entries(innocent))('are no matter where a key may ask so: %s', async (_, asking) => {
    expect((await ask(fleet, { ...asking, secret: narrow })).status).toBe(200)
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
