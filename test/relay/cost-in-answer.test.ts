import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ClientFormat, dialectIds, type UpstreamFormat } from '../../src/model/dialect.ts'
import { frameWithCost, takeCostWish, textWithCost, withCost } from '../../src/relay/cost-in-answer.ts'
import { key, type SandboxGateway, startGateway, startSandboxGateway, startUpstream, via } from '../support/gateway.ts'

// `usage: {include: true}`: the answer tells what it costs, and that is what is charged.

let gateway: SandboxGateway
beforeEach(async () => {
  gateway = await startSandboxGateway(`
groups: [{ name: odd, multiplier: 1.37 }]
accounts: [{ name: odd, group: odd }]
prices: [{ model: "*/*", input: 1.23, output: 9.87, cache_read: 0.1 }]`)
})
afterEach(() => gateway.close())

interface Way {
  readonly path: (model: string, stream: boolean) => string
  readonly body: (words: string) => object
}

const ways: Readonly<Record<ClientFormat, Way>> = {
  'openai-chat': {
    path: () => '/v1/chat/completions',
    body: (content) => ({ max_tokens: 60, messages: [{ role: 'user', content }] }),
  },
  'openai-completions': { path: () => '/v1/completions', body: (prompt) => ({ max_tokens: 60, prompt }) },
  'openai-responses': { path: () => '/v1/responses', body: (input) => ({ max_output_tokens: 60, input }) },
  'anthropic-messages': {
    path: () => '/v1/messages',
    body: (content) => ({ max_tokens: 60, messages: [{ role: 'user', content }] }),
  },
  gemini: {
    path: (model, stream) => `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (text) => ({ contents: [{ parts: [{ text }] }], generationConfig: { maxOutputTokens: 60 } }),
  },
}
const formats = Object.keys(ways) as ClientFormat[]

interface Asking {
  readonly format: ClientFormat
  readonly upstream: UpstreamFormat
  readonly stream: boolean
  readonly words?: string
  readonly wish?: object | null
}

async function ask({ format, stream, upstream, wish = { include: true }, words = 'Hello there' }: Asking) {
  const { body, path } = ways[format]
  const isGemini = format === 'gemini'
  const answer = await fetch(`${gateway.url}${path(via(upstream), stream)}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({
      ...(!isGemini && { model: via(upstream), stream }),
      ...body(words),
      ...(wish !== null && { usage: wish }),
    }),
  })
  const text = await answer.text()
  expect([answer.status, text]).toEqual([200, expect.anything()])
  return text
}

interface Telling {
  readonly usage?: { readonly cost?: number }
  readonly usageMetadata?: { readonly cost?: number }
  readonly response?: Telling
}

/** Costs as they are told, in order. */
function costs(text: string): number[] {
  const objects: Telling[] = text.startsWith('{')
    ? [JSON.parse(text)]
    : [...text.matchAll(/^data: ?(\{.*\})$/gm)].map(([, json = '{}']) => JSON.parse(json))
  return objects.flatMap(({ response, usage, usageMetadata }) => {
    const cost = (usage ?? usageMetadata ?? response?.usage)?.cost
    return cost === undefined ? [] : [cost]
  })
}

const nanoOf = (usd: number): bigint => BigInt(Math.round(usd * 1e9))

const charged = (): Promise<bigint> =>
  vi.waitFor(
    async () => {
      const account = await gateway.app.books.store.account('user:acc_default')
      if (!account || account.held > 0n) throw new Error('not settled')
      return -account.balance
    },
    { timeout: 5_000, interval: 10 },
  )

describe('the cost in an answer', () => {
  for (const format of formats)
    for (const upstream of dialectIds)
      for (const stream of [false, true])
        it(`is the charge: ${format} ${stream ? 'streamed' : 'whole'} from ${upstream}`, async () => {
          const told = costs(await ask({ format, upstream, stream }))
          const last = told.at(-1)
          expect(last).toBeGreaterThan(0)
          expect(nanoOf(last ?? 0)).toBe(await charged())
        })

  it('is not told to those who did not ask, and the wish goes no further', async () => {
    for (const format of formats)
      for (const wish of [null, { include: false }])
        expect(costs(await ask({ format, upstream: 'openai-chat', stream: false, wish })), format).toEqual([])
    await ask({ format: 'openai-chat', upstream: 'openai-chat', stream: true })
    for (const { body } of gateway.asked) expect(body).not.toHaveProperty('usage')
  })

  it('in all is what the balance fell by, whatever was asked', async () => {
    const asking = fc.record({
      format: fc.constantFrom(...formats),
      upstream: fc.constantFrom(...dialectIds),
      stream: fc.boolean(),
      words: fc.stringMatching(/^[a-z]{1,12}( [a-z]{1,12}){0,40}$/),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(asking, { minLength: 1, maxLength: 6 }), async (several) => {
        const before = await charged().catch(() => 0n)
        const texts = await Promise.all(several.map(ask))
        const told = texts.reduce((sum, text) => sum + nanoOf(costs(text).at(-1) ?? Number.NaN), 0n)
        await vi.waitFor(async () => expect((await charged()) - before).toBe(told), { timeout: 5_000, interval: 10 })
      }),
      { numRuns: 15 },
    )
    expect(gateway.app.books.auditor.differences()).toEqual([])
  })
})

describe('the place of a cost', () => {
  const tell = () => 0.000_000_02
  it('is beside the usage, and all other bytes stay', () => {
    expect(withCost(Buffer.from('{"x": 1,  "usage" :{"a":1 } }'), 'openai-chat', tell).toString()).toBe(
      '{"x": 1,  "usage" :{"a":1,"cost":2e-8 } }',
    )
    for (const json of ['{"usage":null}', '{}', '{"message":{"usage":{"a":1}}}', '{"choices":[{"usage":{}}]}']) {
      const bytes = Buffer.from(json)
      expect(withCost(bytes, 'anthropic-messages', tell)).toBe(bytes)
    }
  })

  it('is found in frames and in texts of several, and only there', () => {
    const raw = Buffer.from('event: message_delta\ndata: {"usage":{"output_tokens":1}}\n\n')
    const frame = { event: 'message_delta', data: '{"usage":{"output_tokens":1}}', raw }
    expect(Buffer.from(frameWithCost(frame, 'anthropic-messages', tell).raw).toString()).toBe(
      'event: message_delta\ndata: {"usage":{"output_tokens":1,"cost":2e-8}}\n\n',
    )
    const text = 'data: {"choices":["\\"usage\\":{}"],"usage":null}\n\ndata: {"usage":{}}\n\ndata: [DONE]\n\n'
    expect(textWithCost(text, 'openai-chat', tell)).toBe(text.replace('"usage":{}}\n', '"usage":{"cost":2e-8}}\n'))
    expect(textWithCost(',\r\n{"usageMetadata":{"a":1}}]', 'gemini', tell)).toBe(
      ',\r\n{"usageMetadata":{"a":1,"cost":2e-8}}]',
    )
  })

  it('is left where nobody knows the price', () => {
    const bytes = Buffer.from('{"usage":{}}')
    expect(withCost(bytes, 'openai-chat', () => undefined)).toBe(bytes)
  })
})

describe('the wish', () => {
  const said = (body: object) => ({
    incoming: { body: { ...body }, headers: {} },
    bytes: Buffer.from(JSON.stringify(body)),
  })
  it('brings the usage chunk of a stream along', () => {
    const taken = takeCostWish(
      said({ stream: true, stream_options: { x: 1 }, usage: { include: true } }),
      'openai-chat',
    )
    expect(taken.wantsCost).toBe(true)
    expect(JSON.parse(Buffer.from(taken.bytes).toString())).toEqual(taken.incoming.body)
    expect(taken.incoming.body).toEqual({ stream: true, stream_options: { x: 1, include_usage: true } })
  })

  it('is none where `usage` is something else, which is left to the vendor', () => {
    for (const usage of [undefined, null, 'all', { other: 1 }]) {
      const from = said({ ...(usage !== undefined && { usage }) })
      const taken = takeCostWish(from, 'openai-chat')
      expect([taken.wantsCost, taken.bytes]).toEqual([false, from.bytes])
    }
  })
})

describe('the cost of a strange answer', () => {
  const chunk = (more: object) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', ...more })}\n\n`
  const says = (content: string, more: object = {}) =>
    chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more })
  const stops = chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
  const uses = (prompt_tokens: number, completion_tokens: number) => ({ usage: { prompt_tokens, completion_tokens } })
  const done = 'data: [DONE]\n\n'

  const answers: Readonly<Record<string, readonly [format: 'openai-chat' | 'anthropic-messages', text: string]>> = {
    'that used more than could be reserved': [
      'openai-chat',
      `${says('a')}${stops}${chunk({ choices: [], ...uses(90_000, 90_000) })}${done}`,
    ],
    'that tells its usage as it goes': [
      'openai-chat',
      `${says('a', uses(10, 1))}${says('b', uses(10, 2))}${stops}${chunk({ choices: [], ...uses(10, 3) })}${done}`,
    ],
    'of a vendor that tells no usage': ['anthropic-messages', `${says('Hello')}${says(' you')}${stops}${done}`],
    'that used nothing': ['openai-chat', `${says('a')}${stops}${chunk({ choices: [], ...uses(0, 0) })}${done}`],
  }

  for (const [name, [format, text]] of Object.entries(answers))
    it(`${name} is the charge`, async () => {
      const upstream = await startUpstream((response) =>
        response.setHeader('content-type', 'text/event-stream').end(text),
      )
      const strange = await startGateway(`
sandbox: false
channels: [{ name: fake, provider: openai, dialects: [openai-chat], base_url: ${upstream.url}, keys: [k], models: [m] }]
keys: [{ name: test, key: ${key} }]
prices: [{ model: m, input: 1, output: 10 }]`)
      try {
        const answer = await fetch(`${strange.url}${ways[format].path('m', true)}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}` },
          body: JSON.stringify({ model: 'm', stream: true, ...ways[format].body('hi'), usage: { include: true } }),
        })
        const last = costs(await answer.text()).at(-1)
        expect(last).toBeGreaterThanOrEqual(0)
        await vi.waitFor(
          async () => {
            const account = await strange.app.books.store.account('user:acc_default')
            expect([account?.held, account?.balance]).toEqual([0n, -nanoOf(last ?? Number.NaN)])
          },
          { timeout: 5_000, interval: 10 },
        )
      } finally {
        await strange.close()
        await upstream.close()
      }
    })
})

describe('the wish where nothing is answered', () => {
  it.each([
    ['/v1/messages/count_tokens', 'anthropic-messages', { messages: [{ role: 'user', content: 'hi' }] }],
    ['/v1/responses/input_tokens', 'openai-responses', { input: 'hi' }],
    ['/v1/responses/compact', 'openai-responses', { input: [{ role: 'user', content: 'hi' }] }],
  ] as const)('is no vendor’s at %s', async (path, format, body) => {
    const answer = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ ...body, model: via(format), usage: { include: true } }),
    })
    expect(answer.status).toBe(200)
    expect(gateway.asked.length).toBeGreaterThan(0)
    for (const { body: asked } of gateway.asked) expect(asked).not.toHaveProperty('usage')
  })
})
