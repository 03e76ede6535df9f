import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { estimateTokens } from '../../src/model/estimate.ts'
import type { RequestRow } from '../../src/store/requests.ts'
import { formats } from '../support/formats/format.ts'
import { type FakeUpstream, type Gateway, key, startGateway, startUpstream } from '../support/gateway.ts'
import { outputTokens } from '../support/vendor/answer.ts'
import { vendorFormats } from '../support/vendor/formats.ts'

// What is charged where a vendor says nothing of usage, nonsense, or nothing at all.

type Reply = Parameters<Parameters<typeof startUpstream>[0]>[0]

let gateway: Gateway
let upstream: FakeUpstream
let script: (reply: Reply) => void
let aheadMs = 0

beforeAll(async () => {
  // Those that look after quiet streams.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  upstream = await startUpstream((reply) => script(reply))
  const channels = dialectIds.map(
    (format) =>
      `\n  - { name: ${format}, provider: sandbox, base_url: "${upstream.url}", keys: [k], dialects: [${format}], models: ["${format}"] }`,
  )
  gateway = await startGateway(
    `
sandbox: false
channels:${channels.join('')}
  - { name: real, provider: anthropic, base_url: "${upstream.url}", keys: [k], models: [claude-sonnet-4-5] }
  - { name: spare, provider: anthropic, base_url: "${upstream.url}", keys: [k2], models: [claude-sonnet-4-5], priority: -1 }
keys: [{ name: test, key: ${key} }]
prices: [{ model: "*", input: 1, output: 10 }]`,
    {},
    { clock: () => Date.now() + aheadMs },
  )
})
afterAll(async () => {
  vi.useRealTimers()
  await gateway.close()
  await upstream.close()
})
afterEach(() => {
  aheadMs += 3_600_000
})

async function ask(format: DialectId, model: string, stream: boolean): Promise<Response> {
  const asked = formats[format].ask({ model, stream, maxOutput: 5_000, turns: [{ user: 'Tell me.' }] })
  return fetch(gateway.url + asked.path, {
    method: 'POST',
    headers: { ...asked.headers, authorization: `Bearer ${key}` },
    body: JSON.stringify(asked.body),
  })
}

const seen = new Set<string>()

/** The row of the request that was just made, once it is settled and written. */
const logged = (): Promise<RequestRow> =>
  vi.waitFor(
    async () => {
      const row = (await gateway.app.store.requests.page({}, 5)).find(({ id }) => !seen.has(id))
      if (!row) throw new Error('not logged yet')
      seen.add(row.id)
      return row
    },
    { timeout: 5_000, interval: 20 },
  )

const said = 'The tide comes in twice a day, and nobody who walks here forgets it. '.repeat(30)

/** A whole answer with a usage object in its own format. */
const answers: Record<DialectId, (usage: object) => object> = {
  'anthropic-messages': (usage) => ({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn' },
    ...{ content: [{ type: 'text', text: said }], usage },
  }),
  'openai-chat': (usage) => ({
    ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'm' },
    ...{ choices: [{ index: 0, message: { role: 'assistant', content: said }, finish_reason: 'stop' }], usage },
  }),
  'openai-responses': (usage) => ({
    ...{ id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'm' },
    ...{
      output: [
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: said, annotations: [] }],
        },
      ],
    },
    usage,
  }),
  gemini: (usageMetadata) => ({
    candidates: [{ content: { role: 'model', parts: [{ text: said }] }, finishReason: 'STOP', index: 0 }],
    usageMetadata,
  }),
}

const everyName = (read: unknown, written: unknown): object => ({
  ...{ input_tokens: read, output_tokens: written },
  ...{ prompt_tokens: read, completion_tokens: written },
  ...{ promptTokenCount: read, candidatesTokenCount: written },
})

describe.each(dialectIds)('usage of %s', (upstreamFormat) => {
  const nonsense: Record<string, object> = {
    'that is empty': {},
    'below nothing': everyName(-5, -6),
    'in words': everyName('ten', 'some'),
    'beyond all bounds': everyName(1e308, 1e308),
  }
  // Forwarded, and translated.
  const clients = [upstreamFormat, upstreamFormat === 'gemini' ? 'openai-chat' : 'gemini'] as const
  it.each(clients.flatMap((client) => Object.keys(nonsense).map((name) => [client, name] as const)))(
    'to %s, %s: the answer is counted here',
    async (client, name) => {
      script = (reply) => {
        reply.writeHead(200, { 'content-type': 'application/json' })
        reply.end(JSON.stringify(answers[upstreamFormat](nonsense[name] ?? {})))
      }
      expect((await ask(client, upstreamFormat, false)).status).toBe(200)
      const row = await logged()
      expect(row.detail).toMatchObject({ source: 'counted', usage: { requests: 1 } })
      const tokens = estimateTokens(said)
      expect(Number(row.charged)).toBeGreaterThan(tokens * 0.75 * 10_000)
      expect(Number(row.charged)).toBeLessThan((tokens * 1.25 + 50) * 10_000)
    },
  )

  it.each(clients)('to %s, zero everywhere: believed', async (client) => {
    script = (reply) => {
      reply.writeHead(200, { 'content-type': 'application/json' })
      reply.end(JSON.stringify(answers[upstreamFormat](everyName(0, 0))))
    }
    expect((await ask(client, upstreamFormat, false)).status).toBe(200)
    expect(await logged()).toMatchObject({ charged: 0n, detail: { source: 'vendor' } })
  })
})

const begun = (format: DialectId): string =>
  vendorFormats[format]
    .stream({ inputTokens: 25, thoughts: 0, texts: 3 })
    .filter(({ phase }) => phase === 'start')
    .map(({ text }) => text)
    .join('') || ': waiting\n\n'

/** An answer that begins and says nothing, until its head went out because all was quiet. */
async function quietly(
  client: DialectId,
  model: string,
  format: DialectId,
  end: (reply: Reply) => void,
): Promise<string> {
  let reply: Reply | undefined
  script = (given) => {
    reply = given
    given.writeHead(200, { 'content-type': 'text/event-stream' })
    given.write(begun(format))
  }
  let answer: Response | undefined
  const asked = ask(client, model, true).then((told) => {
    answer = told
  })
  await vi.waitFor(
    () => {
      aheadMs += 20_000
      vi.advanceTimersByTime(2_500)
      if (!answer) throw new Error('no head yet')
    },
    { timeout: 5_000, interval: 20 },
  )
  await asked
  if (reply) end(reply)
  return answer?.text().catch(String) ?? ''
}

describe.each(dialectIds)('an answer of %s that never came', (format) => {
  const clients = [format, format === 'gemini' ? 'openai-chat' : 'gemini'] as const
  it.each(clients)('though its head had gone out to %s: it costs nothing', async (client) => {
    await quietly(client, format, format, (reply) => reply.destroy())
    expect(await logged()).toMatchObject({ charged: 0n, outcome: 'answered', detail: { source: 'none' } })
  })
})

const overloaded = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'

it('leaves what its vendor told with the operator', async () => {
  const text = await quietly('anthropic-messages', 'claude-sonnet-4-5', 'anthropic-messages', (reply) =>
    reply.end(overloaded),
  )
  expect(text).toContain('overloaded_error')
  // 25 tokens at $3 a million, and the first of the answer at $15.
  expect(await logged()).toMatchObject({
    charged: 0n,
    detail: { source: 'none', cost: '90000' },
  })
})

it('so does what those told who were asked before', async () => {
  const format = 'anthropic-messages'
  const answer = { inputTokens: 25, thoughts: 0, texts: 4 }
  const pieces = vendorFormats[format].stream(answer).map(({ text }) => text)
  let calls = 0
  script = (reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.end(calls++ === 0 ? begun(format) + overloaded : pieces.join(''))
  }
  expect(await (await ask(format, 'claude-sonnet-4-5', true)).text()).toContain('message_stop')
  const row = await logged()
  const whole = 25 * 3_000 + outputTokens(answer) * 15_000
  expect(row).toMatchObject({ channel: 'spare', detail: { cost: String(90_000 + whole) } })
  const costs = (await gateway.app.books.store.transfersOf(row.id)).filter(({ kind }) => kind === 'cost')
  expect(costs.map(({ amount }) => Number(amount))).toEqual([90_000, whole])
})
