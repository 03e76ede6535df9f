import { request } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats, type Json } from '../support/formats/format.ts'
import { type Gateway, key, startGateway } from '../support/gateway.ts'
import { at, errorOf, type Rig, startRig, ways } from './rig/rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
beforeEach(() => rig.answer({ text: 'Hello.' }))
afterAll(() => rig.close())

const wish = (model: string) => ({ model, turns: [{ user: 'Hi' }] })

/** A request with these headers alone. */
async function bare(path: string, body: Json, headers: Record<string, string>) {
  const response = await fetch(rig.gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const told: Json = JSON.parse(await response.text())
  return { status: response.status, headers: response.headers, body: told }
}

describe('keys', () => {
  const asked = (format: DialectId) => formats[format].ask(wish(at(format)))

  it.each([{ 'x-api-key': key }, { authorization: `Bearer ${key}` }, { authorization: key }])(
    'RT-01 (T23) a Messages client is known by %o',
    async (headers) => {
      const { path, body } = asked('anthropic-messages')
      expect((await bare(path, body, headers)).status).toBe(200)
    },
  )

  it('RT-02 (T23) the Authorization header wins where both hold known keys, and an unknown one never spoils a known one', async () => {
    const gateway = await startGateway(`
sandbox: true
keys: [{ name: first, key: sk-first-123456789 }, { name: second, key: sk-second-123456789 }]`)
    const { path, body } = formats['anthropic-messages'].ask(wish('sandbox-1'))
    const payer = async (headers: Record<string, string>) => {
      const seen = gateway.lines.length
      const response = await fetch(gateway.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
      expect(response.status).toBe(200)
      return gateway.lines[seen]?.record.key
    }
    const first = await payer({ 'x-api-key': 'sk-first-123456789' })
    const second = await payer({ 'x-api-key': 'sk-second-123456789' })
    expect(first).not.toBe(second)
    expect(await payer({ authorization: 'Bearer sk-first-123456789', 'x-api-key': 'sk-second-123456789' })).toBe(first)
    expect(await payer({ authorization: 'Bearer nobody-knows-me', 'x-api-key': 'sk-second-123456789' })).toBe(second)
    await gateway.close()
  })

  it.each([
    ['a header', '', { 'x-goog-api-key': key }],
    ['the query', `?key=${key}`, {}],
    ['a bearer token', '', { authorization: `Bearer ${key}` }],
  ] as const)('RT-03 a Gemini client is known by %s, and the key is in no log line', async (_, query, headers) => {
    const { path, body } = asked('gemini')
    expect((await bare(path + query, body, headers)).status).toBe(200)
    expect(JSON.stringify(rig.gateway.lines)).not.toContain(key)
    expect(rig.upstream.asked.at(-1)?.path).not.toContain(key)
    expect(JSON.stringify(rig.upstream.asked.at(-1)?.headers)).not.toContain(key)
  })

  const unknown: Record<DialectId, string> = {
    'anthropic-messages': 'error authentication_error',
    'openai-chat': 'invalid_request_error invalid_api_key',
    'openai-responses': 'invalid_request_error invalid_api_key',
    gemini: '401 UNAUTHENTICATED',
  }
  it.each(dialectIds)('RT-04 no key and a wrong key are 401 in the envelope of %s', async (format) => {
    const { path, body } = asked(format)
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { 'x-api-key': '' }]) {
      const answer = await bare(path, body, headers)
      expect(answer.status).toBe(401)
      expect(errorOf[format](answer.body).kind).toBe(unknown[format])
      expect(answer.headers.get(format === 'anthropic-messages' ? 'request-id' : 'x-request-id')).toMatch(/^req_/)
    }
  })
})

describe('leniency', () => {
  it('RT-05 (T24) ?beta=true changes nothing', async () => {
    const { body } = formats['anthropic-messages'].ask(wish(at('openai-chat')))
    const plain = await rig.post('/v1/messages', body)
    const beta = await rig.post('/v1/messages?beta=true', body)
    expect(beta.status).toBe(200)
    expect(beta.raw).toBe(plain.raw)
  })

  it.each(dialectIds)(
    'RT-06 (T85) unknown fields reach their own vendor and are named to the others: %s',
    async (upstream) => {
      const answer = await rig.ask('anthropic-messages', wish(at(upstream)), { temperaure: 0.6, foo: {} })
      expect(answer.status).toBe(200)
      if (upstream === 'anthropic-messages') {
        // The vendor would refuse the misspelling that a documented client sends; what nobody knows is left to it.
        expect(answer.body).toMatchObject({ foo: {} })
        expect(answer.lost).toEqual(['temperaure'])
      } else {
        expect(answer.raw).not.toMatch(/temperaure|foo/)
        expect(answer.lost).toEqual(expect.arrayContaining(['temperaure', 'foo']))
      }
    },
  )

  it.each(['openai-chat', 'openai-responses', 'gemini'] as const)(
    'RT-06 (T21) what Claude Code sends always reaches no other vendor: %s',
    async (upstream) => {
      const claudeCode = {
        context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
        output_config: { effort: 'medium' },
        thinking: { type: 'adaptive' },
        metadata: { user_id: 'user_abc_account__session_def' },
        diagnostics: { previous_message_id: null },
        tools: [{ name: 'Bash', input_schema: { type: 'object' }, eager_input_streaming: true }],
      }
      const headers = { 'anthropic-beta': 'claude-code-20250219,context-management-2025-06-27' }
      const answer = await rig.ask('anthropic-messages', wish(at(upstream)), claudeCode, headers)
      expect(answer.status).toBe(200)
      expect(answer.raw).not.toMatch(/context_management|output_config|adaptive|diagnostics|eager_input_streaming/)
      expect(answer.sent?.headers).not.toHaveProperty('anthropic-beta')
      expect(answer.lost).toContain('context_management')
    },
  )

  it.each(dialectIds)('RT-07 (T51) default values are as good as absent: %s', async (upstream) => {
    const defaults = { n: 1, presence_penalty: 0, frequency_penalty: 0, logit_bias: {}, seed: null, stop: null }
    const answer = await rig.ask('openai-chat', wish(at(upstream)), defaults)
    expect(answer.status).toBe(200)
    expect(answer.lost).toEqual([])
  })

  it('RT-07 a Messages client of OpenAI habits is not told of defaults', async () => {
    const defaults = { n: 1, presence_penalty: 0, logit_bias: {} }
    const answer = await rig.ask('anthropic-messages', wish(at('openai-chat')), defaults)
    expect(answer).toMatchObject({ status: 200, lost: [] })
  })

  it.each([false, true])(
    'RT-08 (T61) a Responses body on the chat route is answered as chat; stream: %s',
    async (stream) => {
      rig.answer({ calls: [{ name: 'look', input: { at: 'sky' } }] })
      const answer = await rig.post('/v1/chat/completions', {
        model: at('anthropic-messages'),
        stream,
        ...(stream && { stream_options: { include_usage: true } }),
        instructions: 'Be brief.',
        input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
        tools: [
          { type: 'function', name: 'look', parameters: { type: 'object', properties: {} } },
          { type: 'function', function: { name: 'nested', parameters: { type: 'object', properties: {} } } },
        ],
        reasoning: { effort: 'low' },
      })
      expect(answer.heard.system).toEqual(['Be brief.'])
      expect(answer.heard.tools.map(({ name }) => name)).toEqual(['look', 'nested'])
      expect(answer.view.calls).toMatchObject([{ name: 'look', input: { at: 'sky' } }])
      expect(answer.text).toContain(stream ? 'chat.completion.chunk' : 'chat.completion')
    },
  )
})

describe('models', () => {
  it('RT-09 (T48) a model that takes tools through the Responses API alone is asked there by chat clients', async () => {
    const gateway = await startGateway(`
sandbox: false
channels:
  - { name: openai, provider: openai, base_url: ${rig.upstream.url}, keys: [k], models: [gpt-5.6] }
keys: [{ name: test, key: ${key} }]`)
    const tool = { name: 'look', schema: { type: 'object', properties: {} } }
    const paths: (string | undefined)[] = []
    for (const tools of [undefined, [tool]]) {
      const { path, body } = formats['openai-chat'].ask({ ...wish('gpt-5.6'), ...(tools && { tools }) })
      const headers = { authorization: `Bearer ${key}` }
      const answer = await fetch(gateway.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
      expect(formats['openai-chat'].view(JSON.parse(await answer.text())).text).toBe('Hello.')
      paths.push(rig.upstream.asked.at(-1)?.path)
    }
    await gateway.close()
    expect(paths).toEqual(['/v1/chat/completions', '/v1/responses'])
  })

  describe.each([false, true])('RT-09 (T104) replies name the model as it was asked for; stream: %s', (stream) => {
    it.each(ways)('%s to %s', async (client, upstream) => {
      const answer = await rig.ask(client, { ...wish(at(upstream)), stream })
      expect(answer.view.model).toBe(at(upstream))
      expect(answer.text).not.toContain('upstream-model')
      expect(answer.text).not.toContain('"plain-model"')
    })
  })

  const missing: Record<DialectId, string> = {
    'anthropic-messages': 'error not_found_error',
    'openai-chat': 'invalid_request_error model_not_found',
    'openai-responses': 'invalid_request_error model_not_found',
    gemini: '404 NOT_FOUND',
  }
  it.each(dialectIds)('RT-10 an unknown model is 404 in the envelope of %s', async (client) => {
    const answer = await rig.ask(client, wish('no-such-model'))
    expect(answer.status).toBe(404)
    expect(errorOf[client](JSON.parse(answer.text)).kind).toBe(missing[client])
  })

  it('RT-11 (T70) one list of models in three shapes', async () => {
    const list = async (path: string, headers: Record<string, string>) => {
      const response = await fetch(rig.gateway.url + path, { headers: { authorization: `Bearer ${key}`, ...headers } })
      expect(response.status).toBe(200)
      return response.json() as Promise<Json>
    }
    const anthropic = await list('/v1/models', { 'anthropic-version': '2023-06-01' })
    expect(anthropic).toMatchObject({ has_more: true, first_id: anthropic.data[0].id })
    expect(anthropic.data[0]).toMatchObject({ type: 'model', display_name: expect.any(String) })
    const openai = await list('/v1/models', {})
    expect(openai).toMatchObject({ object: 'list' })
    expect(openai.data[0]).toMatchObject({ object: 'model', owned_by: expect.any(String) })
    expect(openai.models).toBeUndefined()
    const codex = await list('/v1/models?client_version=0.150.0', {})
    expect(codex.data).toEqual(openai.data)
    expect(codex.models).toEqual(expect.any(Array))
    const gemini = await list('/v1beta/models', { 'x-goog-api-key': key })
    expect(gemini.models[0]).toMatchObject({ name: expect.stringMatching(/^models\//) })
  })

  it.each([
    `/v1/models/${at('openai-chat')}`,
    `/v1alpha/models/${at('openai-chat')}`,
    `/v1beta/models/${at('openai-chat')}`,
    `/v1beta/models/${encodeURIComponent(at('openai-chat'))}`,
    `/v1/projects/p/locations/l/publishers/google/models/${at('openai-chat')}`,
  ])('RT-12 Gemini paths: %s', async (path) => {
    const answer = await rig.post(`${path}:generateContent`, {
      model: `models/${at('openai-chat')}`,
      contents: [{ parts: [{ text: 'Hi' }] }],
    })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text).candidates[0].content.parts).toMatchObject([{ text: 'Hello.' }])
  })
})

describe('bodies', () => {
  const tooLarge: Record<DialectId, string> = {
    'anthropic-messages': 'error request_too_large',
    'openai-chat': 'invalid_request_error',
    'openai-responses': 'invalid_request_error',
    gemini: 'INVALID_ARGUMENT',
  }
  it.each(dialectIds)('RT-13 33 MB are 413 in the envelope of %s', async (client) => {
    const { path } = formats[client].ask(wish(at(client)))
    const answer = await tellMuch(rig.gateway, path)
    expect(answer.status).toBe(413)
    expect(errorOf[client](JSON.parse(answer.text)).kind).toContain(tooLarge[client])
  })

  const malformed: Record<DialectId, string> = {
    'anthropic-messages': 'error invalid_request_error',
    'openai-chat': 'invalid_request_error',
    'openai-responses': 'invalid_request_error',
    gemini: '400 INVALID_ARGUMENT',
  }
  it.each(dialectIds)('RT-14 broken JSON is 400 in the envelope of %s', async (client) => {
    const { path } = formats[client].ask(wish(at(client)))
    for (const body of ['{"model": "x", ', '[1]', 'null', '']) {
      const answer = await rig.post(path, body)
      expect(answer.status).toBe(400)
      expect(errorOf[client](JSON.parse(answer.text)).kind).toContain(malformed[client])
    }
  })

  it('RT-15 a strict client is refused instead of losing a field', async () => {
    const strict = { 'x-causeway-strict': '1' }
    const lenient = await rig.ask('anthropic-messages', wish(at('openai-chat')), { top_k: 5 })
    expect(lenient).toMatchObject({ status: 200, lost: ['top_k'] })
    const answer = await rig.ask('anthropic-messages', wish(at('openai-chat')), { top_k: 5 }, strict)
    expect(answer.status).toBe(400)
    expect(errorOf['anthropic-messages'](JSON.parse(answer.text)).message).toContain('top_k')
    expect(answer.sent).toBeUndefined()
  })
})

/** Sends 33 MB and reads what comes back, which may be before all of it is sent. */
function tellMuch({ url }: Gateway, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sending = request(url + path, { method: 'POST', headers: { authorization: `Bearer ${key}` } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
    })
    sending.on('error', (error: NodeJS.ErrnoException) => {
      // The gateway stops listening when it has said why.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
    sending.end(Buffer.alloc(33 * 2 ** 20 + 1024, 'a'))
  })
}
