import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { type FaultClass, spellingOf } from '../../src/model/fault.ts'
import type { Json } from '../support/formats/format.ts'
import { key } from '../support/gateway.ts'
import { replies } from './replies.ts'
import { type Answer, at, type Scripted, startScripted, type Told } from './scripted.ts'

let gateway: Scripted
beforeAll(async () => {
  gateway = await startScripted(
    {},
    `
  - { name: first, provider: sandbox, base_url: 'URL/first', keys: [k], dialects: [openai-chat], priority: 2, models: [twice] }
  - { name: second, provider: sandbox, base_url: 'URL/second', keys: [k], dialects: [openai-chat], priority: 1, models: [twice] }`,
  )
})
afterAll(() => gateway.close())

const turns = [{ user: 'Hello' }]
const everyPair = dialectIds.flatMap((client) => dialectIds.map((upstream) => [client, upstream] as const))

/** What a client is told when the upstream answers this. */
async function told(client: DialectId, upstream: DialectId, answer: Answer): Promise<Told> {
  gateway.says(answer)
  return gateway.ask(client, { model: at(upstream), turns })
}

/** The word for the class of an error in each format. */
const wordIn: Record<DialectId, (body: Json) => string> = {
  'anthropic-messages': (body) => body.error.type,
  'openai-chat': (body) => body.error.type,
  'openai-responses': (body) => body.error.type,
  gemini: (body) => body.error.status,
}

/**
 * Nothing but a status: the class that it means. An upstream that refuses this gateway's account (401, 402, 403) is never
 * told as the client's own fault, and its 408 is our wait, not the client's.
 */
const statuses: readonly (readonly [number, FaultClass])[] = [
  [400, 'invalid'],
  [401, 'bad_gateway'],
  [402, 'bad_gateway'],
  [403, 'bad_gateway'],
  [404, 'not_found'],
  [408, 'timeout'],
  [409, 'conflict'],
  [413, 'too_large'],
  [422, 'unprocessable'],
  [429, 'rate_limit'],
  [499, 'cancelled'],
  [500, 'internal'],
  [502, 'bad_gateway'],
  [503, 'overloaded'],
  [504, 'timeout'],
  [529, 'overloaded'],
]

describe('ER-01 ER-02 ER-03 (T31) a status that says nothing more, in each client’s words', () => {
  const rows = statuses.flatMap(([status, meaning]) =>
    everyPair.map(([client, upstream]) => [status, meaning, client, upstream] as const),
  )
  it.each(rows)('%s is %s, client %s, upstream %s', async (status, meaning, client, upstream) => {
    const answer = await told(client, upstream, { status, body: {} })
    const { status: wanted, type } = spellingOf(meaning, client)
    expect(answer.status).toBe(wanted)
    expect(wordIn[client](answer.json)).toBe(type)
  })
})

it.each([
  ['anthropic-messages', 529, 'openai-chat', 503, 'service_unavailable_error'],
  ['anthropic-messages', 529, 'gemini', 503, 'UNAVAILABLE'],
  ['gemini', 503, 'anthropic-messages', 529, 'overloaded_error'],
  ['openai-chat', 503, 'anthropic-messages', 529, 'overloaded_error'],
] as const)('ER-02 (T31) overload of %s (%d) is for %s %d %s', async (upstream, status, client, wanted, word) => {
  const answer = await told(client, upstream, { status, body: {} })
  expect(answer.status).toBe(wanted)
  expect(wordIn[client](answer.json)).toBe(word)
  if (client === 'openai-chat') expect(answer.json.error.code).toBe('server_is_overloaded')
})

const keyRefused = {
  status: 401,
  body: { error: { message: 'Incorrect API key provided: sk-abc***', code: 'invalid_api_key' } },
}

describe('ER-03 our key is refused upstream', () => {
  it.each(dialectIds)('the client of %s sees neither 401 nor the key', async (client) => {
    const answer = await told(client, 'openai-chat', keyRefused)
    expect(answer.status).toBeGreaterThanOrEqual(500)
    expect(answer.text).not.toMatch(/api key|sk-abc/i)
  })
  it('and another account answers where there is one', async () => {
    gateway.says(({ path }) =>
      path.startsWith('/first') ? keyRefused : { body: replies['openai-chat']({ text: 'Hi' }) },
    )
    const seen = await gateway.see('anthropic-messages', { model: 'twice', turns })
    expect(seen.text).toBe('Hi')
    expect(gateway.asked()).toHaveLength(2)
  })
})

it('ER-04 an empty account upstream is never the client’s bill', async () => {
  const body = {
    error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' },
  }
  const answer = await told('openai-chat', 'openai-chat', { status: 429, body })
  expect(answer.status).toBe(502)
  expect(gateway.gateway.lines.at(-1)?.record).toMatchObject({ outcome: 'failed' })
})

const overflow: Record<DialectId, Answer> = {
  'anthropic-messages': {
    status: 400,
    body: {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
    },
  },
  'openai-chat': {
    status: 400,
    body: {
      error: {
        message:
          "This model's maximum context length is 200000 tokens. However, your messages resulted in 210000 tokens.",
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      },
    },
  },
  'openai-responses': {
    status: 400,
    body: {
      error: {
        message: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
        type: 'invalid_request_error',
        param: 'input',
        code: 'context_length_exceeded',
      },
    },
  },
  gemini: {
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'The input token count (210000) exceeds the maximum number of tokens allowed (200000).',
        status: 'INVALID_ARGUMENT',
      },
    },
  },
}

/** The words that each format's agents look for before they make the conversation shorter. */
const overflowIn: Record<DialectId, (body: Json) => void> = {
  'anthropic-messages': (body) =>
    expect(body.error).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringMatching(/prompt is too long/),
    }),
  'openai-chat': (body) => expect(body.error).toMatchObject({ code: 'context_length_exceeded' }),
  'openai-responses': (body) => expect(body.error).toMatchObject({ code: 'context_length_exceeded' }),
  gemini: (body) =>
    expect(body.error).toMatchObject({
      status: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/input token count.*exceeds the maximum number of tokens allowed/),
    }),
}

describe('ER-05 a prompt that is too long, in the words that each client’s agents look for', () => {
  it.each(everyPair)('client %s, upstream %s', async (client, upstream) => {
    const answer = await told(client, upstream, overflow[upstream])
    expect(answer.status).toBe(400)
    overflowIn[client](answer.json)
    // Gemini's SDKs do not try again at a 400 and know no such header.
    if (client !== 'gemini') expect(answer.headers.get('x-should-retry')).toBe('false')
  })
})

const wait: Answer = {
  status: 429,
  body: {
    error: {
      code: 429,
      message: 'Resource has been exhausted.',
      status: 'RESOURCE_EXHAUSTED',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '12s' }],
    },
  },
}

describe('ER-06 a wait that Gemini asks for', () => {
  it.each(dialectIds)('is told to a client of %s in the headers', async (client) => {
    const answer = await told(client, 'gemini', wait)
    expect(answer.status).toBe(429)
    expect(answer.headers.get('retry-after')).toBe('12')
    expect(answer.headers.get('retry-after-ms')).toBe('12000')
  })
  it.each(['openai-chat', 'openai-responses'] as const)(
    'and in the text to a client of %s, which reads it there',
    async (client) => {
      expect((await told(client, 'gemini', wait)).json.error.message).toMatch(/try again in 12s/)
    },
  )
  it('and as RetryInfo to a Gemini client', async () => {
    const { details } = (await told('gemini', 'gemini', wait)).json.error
    expect(details).toContainEqual({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '12s' })
  })
})

const html = {
  status: 502,
  headers: { 'content-type': 'text/html' },
  body: '<html><h1>502 Bad Gateway</h1><hr>nginx</html>',
}

const garbage: Readonly<Record<string, Answer>> = {
  'a page of HTML': html,
  'a page of HTML with status 200': { ...html, status: 200 },
  'nothing at all': { status: 500, body: '' },
  'nothing at all with status 200': { body: '' },
  'half a JSON': { body: '{"id":"x","choi' },
  'a compressed error': {
    status: 503,
    headers: { 'content-encoding': 'gzip' },
    stream: [gzipSync(JSON.stringify({ error: { message: 'down' } }))],
  },
}

describe('ER-07 (T112) garbage of an upstream', () => {
  const rows = Object.keys(garbage).flatMap((name) =>
    everyPair.map(([client, upstream]) => [name, client, upstream] as const),
  )
  it.each(rows)('%s, client %s, upstream %s', async (name, client, upstream) => {
    const answer = await told(client, upstream, garbage[name] ?? {})
    expect(answer.status).toBeGreaterThanOrEqual(500)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(wordIn[client](answer.json)).toEqual(expect.any(String))
    expect(answer.text).not.toMatch(/<html|nginx/)
  })
})

describe('ER-08 what a vendor’s message must not tell', () => {
  const secrets =
    'See https://api.vendor.test/v1/x?y=1, key sk-proj-1234567890abcdef, org-AbCdEf1234567890, 10.2.3.4:8080, me@corp.test'
  it.each(dialectIds)('is taken out for a client of %s, what is wrong stays', async (client) => {
    const body = {
      error: {
        message: `max_completion_tokens is too large: 9. ${secrets}`,
        type: 'invalid_request_error',
        param: 'max_completion_tokens',
        code: null,
      },
    }
    const answer = await told(client, 'openai-chat', { status: 400, body })
    expect(answer.status).toBe(400)
    expect(answer.text).toMatch(/is too large: 9/)
    expect(answer.text).not.toMatch(/vendor\.test|sk-proj|org-AbC|10\.2\.3\.4|corp\.test/)
    expect(answer.text).not.toContain(gateway.upstream.url)
    expect(answer.text).not.toContain('upstream-key')
  })
})

it.each([
  ['openai-chat', 'openai-responses', 'max_completion_tokens', 'max_output_tokens'],
  ['openai-responses', 'openai-chat', 'input[2].content', 'messages'],
  ['openai-responses', 'openai-chat', 'reasoning.effort', 'reasoning_effort'],
  ['openai-responses', 'openai-chat', 'top_p', 'top_p'],
  ['openai-chat', 'openai-chat', 'messages.[2].content', 'messages.[2].content'],
] as const)('ER-08 of %s the client of %s learns %s as its own %s', async (upstream, client, param, wanted) => {
  const error = { message: 'Invalid value.', type: 'invalid_request_error', param, code: 'invalid_value' }
  expect((await told(client, upstream, { status: 400, body: { error } })).json.error.param).toBe(wanted)
})

it.each(dialectIds)(
  'ER-09 (T94) an error in a list, as Gemini’s unframed streams have it, is read for a client of %s',
  async (client) => {
    const error = { code: 429, message: 'Quota for this minute', status: 'RESOURCE_EXHAUSTED' }
    gateway.says({ status: 429, body: JSON.stringify([{ error }]) })
    const answer = await gateway.ask(client, { model: at('gemini'), turns, stream: true })
    expect(answer.status).toBe(429)
    expect(answer.json.error.message).toMatch(/Quota for this minute/)
  },
)

describe('ER-10 a path that nobody serves', () => {
  it.each([
    ['/v1/messages/nothing', (body: Json) => body.error.type === 'not_found_error' && body.type === 'error'],
    ['/v1/nothing', (body: Json) => body.error.type === 'invalid_request_error'],
    ['/v1beta/nothing', (body: Json) => body.error.status === 'NOT_FOUND' && body.error.code === 404],
  ])('%s is told in the format of its beginning', async (path, isRight) => {
    const answer = await fetch(gateway.url + path, { method: 'POST', headers: { authorization: `Bearer ${key}` } })
    expect(answer.status).toBe(404)
    expect(isRight((await answer.json()) as Json)).toBe(true)
  })
})
