import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClientFormat, dialectIds } from '../../src/model/dialect.ts'
import { type Gateway, key, type SandboxGateway, startGateway, startSandboxGateway, via } from '../support/gateway.ts'
import { ask, type RawAnswer, type RawQuestion, talk } from '../support/raw.ts'

type Json = Record<string, unknown>

/** What a client finds in an error of its format. */
interface Told {
  readonly message: string
  readonly param?: string | null
}

interface Door {
  path(model: string): string
  body(model: string): Json
  /** Reads an error strictly: no other member, the status as it should be. */
  told(answer: RawAnswer): Told
  /** A field of a wrong type, and how the format's clients look it up. */
  readonly wrong: readonly (readonly [Json, string])[]
}

const openai = ({ headers, status, text }: RawAnswer): Told => {
  const { error, ...rest } = JSON.parse(text)
  expect(rest).toEqual({})
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type'])
  expect(headers['x-request-id']).toMatch(/^req_/)
  expect(status).toBeGreaterThanOrEqual(400)
  return error
}

const doors: Record<ClientFormat, Door> = {
  'anthropic-messages': {
    path: () => '/v1/messages',
    body: (model) => ({ model, max_tokens: 64, messages: [{ role: 'user', content: 'Hello' }] }),
    told({ headers, text }) {
      const { error, request_id: requestId, type, ...rest } = JSON.parse(text)
      expect({ type, rest }).toEqual({ type: 'error', rest: {} })
      expect(requestId).toBe(headers['request-id'])
      return error
    },
    wrong: [
      [{ messages: {} }, 'messages'],
      [{ messages: [{ role: 'string', content: 'Hi' }] }, 'messages[0].role'],
      [{ messages: [{ role: 'user', content: [[[{}]]] }] }, 'messages[0].content[0]'],
      [{ max_tokens: 'many' }, 'max_tokens'],
      [{ model: 7 }, 'model'],
    ],
  },
  'openai-chat': {
    path: () => '/v1/chat/completions',
    body: (model) => ({ model, messages: [{ role: 'user', content: 'Hello' }] }),
    told: openai,
    wrong: [
      [{ messages: {} }, 'messages'],
      [{ messages: [{ role: 'user', content: [[[{}]]] }] }, 'messages[0].content[0]'],
      [{ temperature: 'warm' }, 'temperature'],
      [{ model: null }, 'model'],
    ],
  },
  'openai-completions': {
    path: () => '/v1/completions',
    body: (model) => ({ model, prompt: 'Hello' }),
    told: openai,
    wrong: [
      [{ prompt: {} }, 'prompt'],
      [{ model: [] }, 'model'],
    ],
  },
  'openai-responses': {
    path: () => '/v1/responses',
    body: (model) => ({ model, input: 'Hello', store: false }),
    told: openai,
    wrong: [
      [{ input: 5 }, 'input'],
      [{ max_output_tokens: 'many' }, 'max_output_tokens'],
      [{ model: {} }, 'model'],
    ],
  },
  gemini: {
    path: (model) => `/v1beta/models/${model}:generateContent`,
    body: () => ({ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }),
    told({ status, text }) {
      const { error, ...rest } = JSON.parse(text)
      expect(rest).toEqual({})
      expect(error.code).toBe(status)
      expect(error.status).toMatch(/^[A-Z_]+$/)
      return error
    },
    wrong: [
      [{ contents: 5 }, 'contents'],
      [{ generationConfig: { temperature: 'warm' } }, 'temperature'],
    ],
  },
}
const formats = Object.keys(doors) as ClientFormat[]

let gateway: SandboxGateway
let small: Gateway
const heard: RawAnswer[] = []

beforeAll(async () => {
  gateway = await startSandboxGateway()
  small = await startGateway(`
limits: { body_bytes: 2048, body_timeout_ms: 150, headers_timeout_ms: 200 }
keys: [{ name: test, key: ${key} }]`)
})
afterAll(async () => {
  await gateway.close()
  await small.close()
})

async function send(question: RawQuestion, to: Gateway = gateway): Promise<RawAnswer> {
  const answer = await ask(to.url, question)
  heard.push(answer)
  return answer
}

const authorization = { authorization: `Bearer ${key}` }
const json = { ...authorization, 'content-type': 'application/json' }

/** Posts to the door of a format; `upstream` another format, so that nothing is forwarded. */
function knock(format: ClientFormat, body: RawQuestion['body'], headers: Record<string, string> = json) {
  return send({ path: doors[format].path(modelFor(format)), headers, ...(body !== undefined && { body }) })
}

const modelFor = (format: ClientFormat, isForwarded = false): string =>
  via(
    format === 'openai-completions'
      ? 'openai-chat'
      : (dialectIds.find((id) => (id === format) === isForwarded) ?? 'gemini'),
  )

const bodyOf = (format: ClientFormat, more: Json = {}, model = modelFor(format)): string =>
  JSON.stringify({ ...doors[format].body(model), ...more })

describe.each(formats)('%s', (format) => {
  const door = doors[format]

  it('answers a good request', async () => {
    expect(await knock(format, bodyOf(format))).toMatchObject({ status: 200 })
  })

  it.each([
    ['no key', {}],
    ['a wrong key', { authorization: 'Bearer sk-wrong-0123456789' }],
    ['an empty key', { authorization: 'Bearer ' }],
    ['only empty headers', { authorization: '', 'x-api-key': '', 'x-goog-api-key': '' }],
    ['a megabyte of nothing', { authorization: `Bearer ${'x'.repeat(12_000)}` }],
  ])('refuses %s with 401 before the body is read', async (_, headers) => {
    const answer = await knock(format, '{', headers)
    expect(answer.status).toBe(401)
    expect(door.told(answer).message).toMatch(/API key/)
  })

  it.each([
    ['authorization is empty', { authorization: '', 'x-api-key': key }],
    ['authorization has no scheme', { authorization: key }],
    ['the key is Google’s', { 'x-goog-api-key': key }],
    ['another key is wrong', { authorization: 'Bearer sk-other', 'x-api-key': key }],
    ['the scheme shouts', { authorization: `BEARER  ${key}` }],
  ])('takes the key when %s', async (_, headers) => {
    expect((await knock(format, bodyOf(format), headers)).status).toBe(200)
  })

  it('takes the key from the query', async () => {
    const path = `${door.path(modelFor(format))}?key=${key}`
    expect((await send({ path, body: bodyOf(format) })).status).toBe(200)
  })

  it.each<[string, string | Uint8Array, RegExp]>([
    ['nothing', '', /empty/],
    ['half an object', '{"model":', /too early/],
    ['a stray comma', '{"a":1,}', /position 7/],
    ['a list', '[]', /object/],
    ['a text', '"hello"', /object/],
    ['null', 'null', /object/],
    ['a form', 'model=x&prompt=y', /position 0/],
    ['bytes that are no text', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), /UTF-8 at byte 2/],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le'), /JSON/],
    ['129 lists in each other', `{"a":${'['.repeat(129)}${']'.repeat(129)}}`, /deeper than 128/],
    ['a million lists in each other', '['.repeat(1_000_000), /deeper than 128/],
    ['a number beyond all numbers', '{"max_tokens":1e400}', /number out of range/],
    ['NaN', '{"temperature":NaN}', /position 15/],
  ])('refuses %s with 400', async (_, body, message) => {
    const answer = await knock(format, body)
    expect(answer.status).toBe(400)
    expect(door.told(answer).message).toMatch(message)
  })

  it.each(door.wrong)('names the field that is wrong: %j', async (more, field) => {
    const answer = await knock(format, bodyOf(format, more))
    expect(answer.status).toBe(400)
    const { message, param } = door.told(answer)
    expect(`${param} ${message}`).toContain(field)
  })

  it('names a model that does not exist, and the nearest', async () => {
    const asked = 'gemini/sandbox-2'
    const answer = await send({ path: door.path(asked), headers: json, body: bodyOf(format, {}, asked) })
    expect(answer.status).toBe(404)
    expect(door.told(answer).message).toMatch(/"gemini\/sandbox-2".*Did you mean "gemini\/sandbox-1"/)
  })

  it('never merges a prototype', async () => {
    const body = bodyOf(format).replace('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},')
    expect((await knock(format, body)).status).toBe(200)
    expect('polluted' in {}).toBe(false)
  })

  it('passes over fields that nobody knows', async () => {
    const more = { temperaure: 0.6, seen: 5, 温度: 1, 'a\r\nb: c': true, ' ': null, toString: 1 }
    const answer = await knock(format, bodyOf(format, more))
    expect(answer.status).toBe(200)
  })

  it.each([
    ['gzip', (body: string) => gzipSync(body)],
    ['zstd', (body: string) => zstdCompressSync(body)],
    ['identity', (body: string) => Buffer.from(body)],
  ])('reads a body in %s', async (encoding, compress) => {
    const answer = await knock(format, compress(bodyOf(format)), { ...json, 'content-encoding': encoding })
    expect(answer.status).toBe(200)
  })

  it.each([
    ['br', 415],
    ['gzip, gzip', 415],
    ['nonsense', 415],
  ])('refuses %s with %i', async (encoding, status) => {
    const answer = await knock(format, brotliCompressSync(bodyOf(format)), { ...json, 'content-encoding': encoding })
    expect(answer.status).toBe(status)
    expect(door.told(answer).message).toMatch(/content-encoding/)
  })

  it.each([
    ['a length above the limit', { path: '', headers: { ...json, 'content-length': '999999999' }, body: 'x' }, 413],
    ['pieces above the limit', { path: '', headers: json, body: Array(64).fill('x'.repeat(64)) }, 413],
    [
      'a gzip bomb',
      { path: '', headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(1e6)) },
      413,
    ],
    [
      'a zstd bomb',
      { path: '', headers: { ...json, 'content-encoding': 'zstd' }, body: zstdCompressSync(Buffer.alloc(1e8)) },
      413,
    ],
    [
      'gzip cut short',
      { path: '', headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync('{}').subarray(0, 8) },
      400,
    ],
  ])('refuses %s', async (_, question: RawQuestion, status) => {
    const answer = await send({ ...question, path: door.path('sandbox-1') }, small)
    expect(answer.status).toBe(status)
    expect(door.told(answer).message).toMatch(/larger than 2048 bytes|content-encoding/)
  })

  it('gives up a body that does not come, with 408', async () => {
    const { ended } = talk(
      small.url,
      `POST ${door.path('sandbox-1')} HTTP/1.1\r\nhost: x\r\nauthorization: ${key}\r\ncontent-length: 100\r\n\r\n{"`,
    )
    const [head = '', text = ''] = (await ended).split('\r\n\r\n')
    const answer = { status: Number(head.split(' ')[1]), headers: headersIn(head), text, isCut: false }
    heard.push(answer)
    expect(answer.status).toBe(408)
    expect(door.told(answer).message).toMatch(/too long/)
  })
})

const headersIn = (head: string): Record<string, string> =>
  Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )

describe('a forwarded request', () => {
  it.each(dialectIds)('of %s lets the vendor judge its fields, in the client’s envelope', async (format) => {
    const model = modelFor(format, true)
    const [more, field] = doors[format].wrong[0] ?? [{}, '']
    const answer = await send({ path: doors[format].path(model), headers: json, body: bodyOf(format, more, model) })
    expect(answer.status).toBe(400)
    expect(doors[format].told(answer).message).toContain(field)
  })

  it.each(dialectIds)('of %s with a model named twice goes up with one name', async (format) => {
    if (format === 'gemini') return expect(doors.gemini.path('a')).toContain('models/a')
    const model = modelFor(format, true)
    const body = bodyOf(format, {}, model).replace('{', '{"model":"forbidden",')
    const before = gateway.asked.length
    expect((await send({ path: doors[format].path(model), headers: json, body })).status).toBe(200)
    expect(JSON.stringify(gateway.asked[before])).not.toContain('forbidden')
  })
})

describe('the other routes', () => {
  const anthropic = doors['anthropic-messages']
  const counts: Record<string, { path: string; door: Door }> = {
    messages: { path: '/v1/messages/count_tokens', door: anthropic },
    responses: { path: '/v1/responses/input_tokens', door: doors['openai-responses'] },
    compaction: { path: '/v1/responses/compact', door: doors['openai-responses'] },
    gemini: { path: `/v1beta/models/${via('gemini')}:countTokens`, door: doors.gemini },
  }
  it.each(
    Object.entries(counts).flatMap(([name, { door, path }]) => [
      { name, door, path, what: 'no key', headers: {}, body: '{}', status: 401 },
      { name, door, path, what: 'half an object', headers: json, body: '{"model":', status: 400 },
      { name, door, path, what: 'a list', headers: json, body: '[]', status: 400 },
      { name, door, path, what: 'brotli', headers: { ...json, 'content-encoding': 'br' }, body: 'x', status: 415 },
      {
        name,
        door,
        path,
        what: 'too much',
        headers: { ...json, 'content-length': '999999999' },
        body: 'x',
        status: 413,
      },
    ]),
  )('$name refuses $what with $status', async ({ body, door, headers, path, status }) => {
    const answer = await send({ path, headers, body })
    expect(answer.status).toBe(status)
    expect(door.told(answer).message).not.toBe('')
  })

  it.each<[string, string, Record<string, string>, number]>([
    ['GET', '/v1/responses/resp_nobodys', {}, 401],
    ['GET', '/v1/responses/resp_nobodys', json, 404],
    ['DELETE', '/v1/responses/resp_nobodys', json, 404],
    ['POST', '/v1/responses/resp_nobodys/cancel', json, 404],
    ['GET', '/v1/responses/resp_nobodys/input_items', json, 404],
    ['GET', "/v1/responses/'%20or%201=1--", json, 404],
    ['GET', '/v1/models/nothing', json, 404],
    ['GET', '/v1/models/..%2f..%2fetc%2fpasswd', json, 404],
  ])('%s %s', async (method, path, headers, status) => {
    const answer = await send({ method, path, headers })
    expect(answer.status).toBe(status)
    expect(openai(answer).message).not.toBe('')
  })
})

describe('numbers', () => {
  it.each<[ClientFormat, Json, RegExp]>([
    ['anthropic-messages', { max_tokens: -1 }, /max_tokens/],
    ['openai-chat', { max_completion_tokens: -1 }, /max_(completion_)?tokens/],
    ['openai-chat', { n: -1 }, /\bn\b/],
    ['openai-chat', { n: 0 }, /\bn\b/],
    ['openai-chat', { n: 1_000_000 }, /\bn\b/],
    ['openai-responses', { max_output_tokens: -5 }, /max_(output_)?tokens/],
    ['gemini', { generationConfig: { maxOutputTokens: -1 } }, /max_?(output)?_?tokens/i],
  ])('%s refuses %j', async (format, more, field) => {
    const answer = await knock(format, bodyOf(format, more))
    expect(answer.status).toBe(400)
    const { message, param } = doors[format].told(answer)
    expect(`${param} ${message}`).toMatch(field)
  })
})

describe('the connection', () => {
  it('serves two requests that came in one piece, in order', async () => {
    const request = (path: string, last: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: ${last}\r\n\r\n`
    const text = await talk(gateway.url, request('/healthz', 'keep-alive') + request('/nowhere', 'close')).ended
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404'])
  })

  it('is closed when its headers do not come', async () => {
    const { ended } = talk(small.url, 'POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-slow')
    const startedAt = performance.now()
    expect(await ended).toMatch(/^HTTP\/1\.1 408|^$/)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  it.each([
    [
      'both a length and chunks',
      'content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    ],
    ['two lengths', 'content-length: 5\r\ncontent-length: 6\r\n\r\nhello!'],
    ['a length that is no number', 'content-length: +5\r\n\r\nhello'],
    ['a name with a space behind it', 'content-length : 5\r\n\r\nhello'],
    ['a line break in a header', 'x: a\rb\r\n\r\n'],
    ['more headers than fit', `x: ${'y'.repeat(70_000)}\r\n\r\n`],
  ])('is closed after %s', async (_, rest) => {
    const text = await talk(gateway.url, `POST /v1/messages HTTP/1.1\r\nhost: x\r\n${rest}`).ended
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d/)
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })
})

const good = { 'anthropic-messages': bodyOf('anthropic-messages'), 'openai-chat': bodyOf('openai-chat') }

describe('paths', () => {
  it.each([
    '/v1/messages/',
    '//v1/messages',
    '/v1//messages',
    '/v1/v1/messages',
    '/anthropic/v1/messages',
    '/v1/messages?beta=true',
    '/%761/messages',
  ])('POST %s reaches Messages', async (path) => {
    const answer = await send({ path, headers: json, body: good['anthropic-messages'] })
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('"type":"message"') })
  })

  it.each([
    '/v1/chat/completions/',
    '/openai/v1/chat/completions',
    '/v1//chat//completions',
    '/api/v1/v1/chat/completions',
  ])('POST %s reaches Chat Completions', async (path) => {
    const answer = await send({ path, headers: json, body: good['openai-chat'] })
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('"chat.completion"') })
  })

  it.each([
    '/v1beta/models/openai-chat/sandbox-1:generateContent',
    '/v1beta/models/openai-chat%2Fsandbox-1:generateContent',
    '/v1beta/models/openai-chat%2fsandbox-1%3AgenerateContent',
    '/v1beta/models/openai-chat/sandbox-1:generateContent/',
    '/v1beta/models/models/openai-chat/sandbox-1:generateContent',
    '/v1beta//models/openai-chat/sandbox-1:generateContent',
    '//v1beta/models/openai-chat/sandbox-1:generateContent',
    '/gemini/v1beta/models/openai-chat/sandbox-1:generateContent',
    '/v1alpha/models/openai-chat/sandbox-1:generateContent',
    '/v1/models/openai-chat/sandbox-1:generateContent',
    '/v1/projects/p/locations/l/publishers/google/models/openai-chat/sandbox-1:generateContent',
  ])('POST %s reaches Gemini', async (path) => {
    const answer = await send({ path, headers: json, body: bodyOf('gemini') })
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('"candidates"') })
  })

  it.each<[string, string, ClientFormat]>([
    ['POST', '/v1/messages/batches', 'anthropic-messages'],
    ['GET', '/v1/messages', 'anthropic-messages'],
    ['PUT', '/v1/messages', 'anthropic-messages'],
    ['DELETE', '/v1/chat/completions', 'openai-chat'],
    ['GET', '/v1/chat/completions', 'openai-chat'],
    ['POST', '/v1/nothing', 'openai-chat'],
    ['GET', '/favicon.ico', 'openai-chat'],
    ['POST', '/', 'openai-chat'],
    ['POST', '/v1beta/models/m:unheardOf', 'gemini'],
    ['POST', '/v1beta/models/%E0%A4%A:generateContent', 'gemini'],
    ['GET', '/v1beta/nothing', 'gemini'],
    ['GET', '/v1/%E0%A4%A', 'openai-chat'],
    ['GET', '/v1/../../etc/passwd', 'openai-chat'],
    ['GET', '/%2e%2e/%2e%2e/etc/passwd', 'openai-chat'],
    ['GET', '/\\..\\x', 'openai-chat'],
    ['GET', '/x%00y', 'openai-chat'],
    ['GET', `/${'x'.repeat(9_000)}`, 'openai-chat'],
  ])('%s %s is not found, in its prefix’s format', async (method, path, format) => {
    const answer = await send({ method, path, headers: json })
    expect([400, 404, 405, 414]).toContain(answer.status)
    expect(doors[format].told(answer).message).not.toBe('')
  })

  it.each([
    ['GET', '/', 200],
    ['HEAD', '/', 200],
    ['GET', '/healthz', 200],
    ['HEAD', '/readyz', 200],
    ['GET', '/v1/models', 401],
    ['GET', '/v1beta/models/nothing', 401],
  ])('%s %s without a key answers %i', async (method, path, status) => {
    expect(await send({ method, path })).toMatchObject({ status })
  })

  it('ignores the body of a GET', async () => {
    const answer = await send({
      method: 'GET',
      path: '/v1/models',
      headers: { ...json, 'content-length': '2' },
      body: '{}',
    })
    expect(answer.status).toBe(200)
  })

  it.each(['../../x', 'a\r\nx: y', 'x'.repeat(10_000), '^(a+)+$', '<script>', '模型'])(
    'a model called %j does not exist',
    async (model) => {
      const answer = await send({
        path: '/v1/chat/completions',
        headers: json,
        body: bodyOf('openai-chat', {}, model),
      })
      expect(answer.status).toBe(404)
      expect(openai(answer).message.length).toBeLessThan(1_000)
    },
  )
})

describe('no line of the log', () => {
  it('holds a key', () => {
    expect(gateway.lines.length).toBeGreaterThan(50)
    expect(JSON.stringify([gateway.lines, small.lines])).not.toMatch(new RegExp(`${key}|upstream-key`))
    expect(gateway.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('no answer', () => {
  it('holds a stack, a path, an address or a key', async () => {
    expect(heard.length).toBeGreaterThan(100)
    const secret = new RegExp(
      [
        key,
        'upstream-key',
        '127\\.0\\.0\\.1',
        'localhost',
        'node_modules',
        '/src/',
        '\\.ts\\b',
        '\\bat [\\w.]+ \\(',
        'node:',
      ].join('|'),
    )
    const inQuery = await send({ path: `/v1/%E0%A4%A?key=${key}`, method: 'GET' })
    expect(inQuery.status).toBe(400)
    for (const { headers, text } of heard) expect(`${JSON.stringify(headers)}\n${text}`).not.toMatch(secret)
  })
})
