import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { dialectIds, type UpstreamFormat } from '../../src/model/dialect.ts'
import { type SandboxGateway, startSandboxGateway, via } from '../support/gateway.ts'

// What became of one request, for the key that asked it.

const secrets = { one: 'sk-one-0123456789abcdef', two: 'sk-two-0123456789abcdef', chat: 'sk-chat-0123456789abcdef' }

let gateway: SandboxGateway
beforeEach(async () => {
  gateway = await startSandboxGateway(
    'prices: [{ model: "*/*", input: 1, output: 10, cache_read: 0.1 }]',
    undefined,
    `[{ name: one, key: ${secrets.one} }, { name: two, key: ${secrets.two} }, { name: chat, key: ${secrets.chat}, routes: [chat] }]`,
  )
})
afterEach(() => gateway.close())

const headers = (secret: string) => ({ authorization: `Bearer ${secret}` })

const bodies: Readonly<Record<UpstreamFormat & keyof typeof paths, object>> = {
  'openai-chat': { messages: [{ role: 'user', content: 'Hello' }] },
  'openai-responses': { input: 'Hello' },
  'anthropic-messages': { max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] },
  gemini: { contents: [{ parts: [{ text: 'Hello' }] }] },
}
const paths = {
  'openai-chat': () => '/v1/chat/completions',
  'openai-responses': () => '/v1/responses',
  'anthropic-messages': () => '/v1/messages',
  gemini: (model: string, stream: boolean) =>
    `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
} as const

async function ask(format: keyof typeof paths, upstream: UpstreamFormat, stream: boolean, more: object = {}) {
  const model = via(upstream)
  const answer = await fetch(gateway.url + paths[format](model, stream), {
    method: 'POST',
    headers: headers(secrets.one),
    body: JSON.stringify({ ...(format !== 'gemini' && { model, stream }), ...bodies[format], ...more }),
  })
  const text = await answer.text()
  expect([answer.status, text]).toEqual([200, expect.anything()])
  const answerId = /"(?:id|responseId)"\s*:\s*"((?:chatcmpl-|resp_|msg_)?[\w-]+)"/.exec(text)?.[1]
  return { requestId: answer.headers.get('x-request-id'), answerId }
}

const look = (id: string | null | undefined, secret = secrets.one, path = '/api/v1/generation') =>
  fetch(`${gateway.url}${path}?id=${id}`, { headers: headers(secret) })

interface Told {
  readonly data: Readonly<Record<string, unknown>>
}

/** A request is settled just after its last byte has gone out. */
const found = (id: string | null | undefined): Promise<Told['data']> =>
  vi.waitFor(
    async () => {
      const answer = await look(id)
      expect(answer.status, String(id)).toBe(200)
      // A 200 of this route has this shape.
      return ((await answer.json()) as Told).data
    },
    { timeout: 5_000, interval: 10 },
  )

describe('GET /api/v1/generation', () => {
  for (const format of dialectIds)
    for (const upstream of dialectIds)
      for (const stream of [false, true])
        it(`finds ${format} ${stream ? 'streamed' : 'whole'} from ${upstream}, by both of its ids`, async () => {
          const { answerId, requestId } = await ask(format, upstream, stream)
          const data = await found(requestId)
          expect(data).toMatchObject({ id: requestId, upstream_id: answerId, streamed: stream, model: via(upstream) })
          expect(data.latency).toBeLessThanOrEqual(Number(data.generation_time))
          expect(await found(answerId)).toEqual(data)
        })

  it('tells what it used and cost, in OpenRouter’s words', async () => {
    const { answerId, requestId } = await ask('openai-chat', 'openai-chat', false, { usage: { include: true } })
    const data = await found(requestId)
    const [row] = await gateway.app.store.requests.page({}, 1)
    expect(data).toEqual({
      id: requestId,
      upstream_id: answerId,
      model: via('openai-chat'),
      provider_name: 'sandbox',
      created_at: new Date(row?.atMs ?? 0).toISOString(),
      streamed: false,
      cancelled: false,
      total_cost: Number(row?.charged) / 1e9,
      usage: Number(row?.charged) / 1e9,
      cache_discount: null,
      is_byok: false,
      generation_time: expect.any(Number),
      latency: data.generation_time,
      moderation_latency: null,
      finish_reason: null,
      native_finish_reason: null,
      tokens_prompt: expect.any(Number),
      tokens_completion: expect.any(Number),
      native_tokens_prompt: data.tokens_prompt,
      native_tokens_completion: data.tokens_completion,
      native_tokens_reasoning: 0,
      native_tokens_cached: 0,
      num_media_prompt: null,
      num_media_completion: null,
      num_search_results: 0,
      origin: '',
      app_id: null,
    })
    expect(data.total_cost).toBe((Number(data.tokens_prompt) + Number(data.tokens_completion) * 10) / 1e6)
  })

  it('knows nothing of what others asked', async () => {
    const { answerId, requestId } = await ask('openai-chat', 'openai-chat', false)
    await found(requestId)
    for (const id of [requestId, answerId, 'req_never', 'x'.repeat(300)]) {
      const answer = await look(id, secrets.two)
      const shown = id && id.length > 200 ? `${id.slice(0, 200)}…` : id
      expect([answer.status, await answer.json()]).toEqual([
        404,
        { error: { code: 404, message: `Generation ${shown} not found` } },
      ])
    }
    expect((await look('', secrets.one)).status).toBe(400)
  })

  it('is for keys that may see their money', async () => {
    expect((await look('x', secrets.chat)).status).toBe(403)
    expect((await look('x', 'sk-wrong')).status).toBe(401)
    expect((await look('x', secrets.one, '/v1/generation')).status).toBe(404)
  })
})
