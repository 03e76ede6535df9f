import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { type RunningSandbox, startSandbox } from '../../src/sandbox/index.ts'
import { formats, type Json } from '../support/formats/format.ts'
import { type Gateway, key, startGateway } from '../support/gateway.ts'
import { ask, type RawAnswer } from '../support/raw.ts'
import { head, pieces, type RawUpstream, type Script, startRawUpstream, wholly } from '../support/raw-upstream.ts'

/** What a good upstream of a format says. */
interface Good {
  readonly whole: string
  /** Frames, their blank lines included. */
  readonly stream: readonly string[]
  /** How many frames come before the first content, and with it. */
  readonly prelude: number
  /** The body of an error. */
  readonly error: string
}

const sse = 'text/event-stream'
const silentMs = 120

let sandbox: RunningSandbox
let upstream: RawUpstream
let gateway: Gateway
let goods: Record<DialectId, Good>

const contentMark: Record<DialectId, RegExp> = {
  'anthropic-messages': /"text_delta"/,
  'openai-chat': /"content":"[^"]/,
  'openai-responses': /response\.output_text\.delta/,
  gemini: /"text"/,
}

/** Five ways to the same model, in the order of their letters. */
const letters = ['a', 'b', 'c', 'd', 'e'] as const

beforeAll(async () => {
  sandbox = await startSandbox()
  upstream = await startRawUpstream()
  const recorded = await Promise.all(dialectIds.map(async (id) => [id, await record(id)] as const))
  // All ids are there.
  goods = Object.fromEntries(recorded) as Record<DialectId, Good>
  const channels = dialectIds.flatMap((id) =>
    letters.map(
      (letter, at) =>
        `\n  - { name: ${id}-${letter}, provider: sandbox, base_url: ${upstream.url}/${letter}, keys: [up-key], dialects: [${id}],
      priority: ${-at}, models: ["${id}.${at === 0 ? '*' : 'many.*'}"${at === 1 ? `, "${id}.two.*"` : ''}] }`,
    ),
  )
  gateway = await startGateway(
    `
sandbox: false
routing: { retry_ratio: 10 }
limits: { reply_bytes: 20000, first_byte_timeout_ms: ${silentMs}, idle_timeout_ms: ${silentMs} }
channels:${channels.join('')}
keys: [{ name: test, key: ${key} }]`,
    {},
    { clock: () => Date.now() + passedMs },
  )
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
  await sandbox.close()
})

async function record(id: DialectId): Promise<Good> {
  const tell = async (stream: boolean, prompt: string): Promise<string> => {
    const asked = formats[id].ask({ model: 'sandbox-1', stream, turns: [{ user: prompt }] })
    const headers = { authorization: 'Bearer x', 'content-type': 'application/json', ...asked.headers }
    const answer = await fetch(sandbox.url + asked.path, { method: 'POST', headers, body: JSON.stringify(asked.body) })
    return answer.text()
  }
  const stream = (await tell(true, 'sandbox: words=6')).split(/(?<=\n\r?\n)/).filter((frame) => frame !== '')
  return {
    whole: await tell(false, 'sandbox: words=6'),
    stream,
    prelude: stream.findIndex((frame) => contentMark[id].test(frame)),
    error: await tell(false, 'sandbox: fail=500'),
  }
}

let count = 0
let passedMs = 0
const longestParkMs = 25 * 3_600_000

/** A model that nobody has asked for, a day later, so that no channel and no secret rests from what came before. */
function fresh(of: DialectId, ways: '' | 'two.' | 'many.' = ''): string {
  passedMs += longestParkMs
  return `${of}.${ways}m${String(count++).padStart(4, '0')}`
}

function send(client: DialectId, model: string, isStream: boolean): Promise<RawAnswer> {
  const asked = formats[client].ask({ model, stream: isStream, turns: [{ user: 'Hello' }] })
  return ask(gateway.url, {
    path: asked.path,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...asked.headers },
    body: JSON.stringify(asked.body),
  })
}

/** How often the upstreams were asked for this model, by the letters of their channels. */
const askedFor = (model: string): string =>
  upstream.asked
    .filter((text) => text.includes(model))
    .map((text) => text.slice(6, 7))
    .join('')

type Made = (good: Good) => Script
const silence: Script = () => {}
const hangUp: Script = (socket) => socket.destroy()
const html = '<!DOCTYPE html><html><body>nginx at http://10.1.2.3:8080 says no</body></html>'

/** What an answer is when no content has come: the status that it is told with. */
const early: Record<string, { whole?: Made; stream?: Made; status?: number }> = {
  'a page with 200': { whole: () => wholly(200, html, { 'content-type': 'text/html' }) },
  'a page with 502': { whole: () => wholly(502, html, { 'content-type': 'text/html' }) },
  'an error in a 200': {
    whole: ({ error }) => wholly(200, error),
    stream: ({ error }) => pieces(sse, [`event: error\ndata: ${JSON.stringify(JSON.parse(error))}\n\n`], 'close'),
    status: 500,
  },
  'an error body in a 200, though a stream was asked for': { whole: ({ error }) => wholly(200, error), status: 500 },
  'an empty body': { whole: () => wholly(200, ''), stream: () => wholly(200, '', { 'content-type': sse }) },
  'an empty object': { whole: () => wholly(200, '{}'), stream: () => pieces(sse, ['data: {}\n\n'], 'close') },
  'a list, null and a number': {
    whole: () => wholly(200, '[null, 1]'),
    stream: () => pieces(sse, ['data: null\n\ndata: []\n\n', 'data: 1\n\n'], 'close'),
  },
  'no content': { whole: () => wholly(204, '') },
  'less than its length': {
    whole:
      ({ whole }) =>
      (socket) => {
        socket.write(head(200, { 'content-type': 'application/json', 'content-length': whole.length + 100 }))
        socket.end(whole)
      },
  },
  'half of its body': {
    whole: ({ whole }) => wholly(200, whole.slice(0, whole.length / 2)),
    stream: ({ stream }) =>
      pieces(
        sse,
        stream.slice(0, 1).map((frame) => frame.slice(0, frame.length / 2)),
        'close',
      ),
  },
  'a close at once': { whole: () => hangUp, stream: () => hangUp },
  'a close after the head': {
    whole: () => pieces('application/json', [], 'break'),
    stream: () => pieces(sse, [], 'break'),
  },
  'a break after the prelude': { stream: (good) => pieces(sse, good.stream.slice(0, good.prelude && 1), 'break') },
  'an end after the prelude': { stream: (good) => pieces(sse, good.stream.slice(0, good.prelude && 1), 'close') },
  'a half-closed connection': { stream: (good) => pieces(sse, good.stream.slice(0, good.prelude && 1), 'half') },
  'more than the limit': {
    whole: () => wholly(200, `{"a":"${'x'.repeat(30_000)}"}`),
    stream: () => pieces(sse, [`data: {"a":"${'x'.repeat(30_000)}`], 'stay'),
  },
  'gzip unasked': {
    whole: ({ whole }) => wholly(200, gzipSync(whole), { 'content-encoding': 'gzip' }),
    stream: ({ stream }) => wholly(200, gzipSync(stream.join('')), { 'content-type': sse, 'content-encoding': 'gzip' }),
  },
  'gzip unsaid': { whole: ({ whole }) => wholly(200, gzipSync(whole)) },
  'a redirect': { whole: () => wholly(302, '', { location: 'http://169.254.169.254/latest/meta-data' }) },
  'a redirect that keeps the method': { whole: () => wholly(307, '', { location: '/elsewhere' }) },
  'not modified': { whole: () => wholly(304, '') },
  'another protocol': {
    whole: () => (socket) => socket.end('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
  },
  'no HTTP': { whole: () => (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n') },
  'a header without end': { whole: () => (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`) },
  'the wrong key': { whole: () => wholly(401, '{"error":{"message":"Incorrect API key provided: sk-abcdef123456"}}') },
  'no money': { whole: () => wholly(402, '{"error":{"message":"Insufficient Balance of acct_1234567890"}}') },
  'no right': { whole: () => wholly(403, '{"error":{"message":"org-abcdefgh1234 has no access from 10.0.0.7"}}') },
}

/** The same; these take as long as the gateway's patience. */
const silent: typeof early = {
  silence: { whole: () => silence, stream: () => silence, status: 504 },
  'silence after the head': {
    whole: () => pieces('application/json', [], 'stay'),
    stream: () => pieces(sse, [], 'stay'),
    status: 504,
  },
  'silence in the middle': {
    whole: ({ whole }) => pieces('application/json', [whole.slice(0, 40)], 'stay'),
    stream: (good) => pieces(sse, good.stream.slice(0, good.prelude && 1), 'stay'),
    status: 504,
  },
}

/** How a good answer ends in each format; none of it may follow a fault. */
const goodEnd: Record<DialectId, RegExp> = {
  'anthropic-messages': /message_stop|"end_turn"/,
  'openai-chat': /"finish_reason":"/,
  'openai-responses': /response\.(completed|incomplete)/,
  gemini: /"finishReason"/,
}

/** The error at the end of a stream, as each format's clients look for it. */
const endingError: Record<DialectId, (text: string) => Json> = {
  'anthropic-messages': (text) => JSON.parse(/event: error\ndata: (.*)\n\n$/.exec(text)?.[1] ?? '{}').error,
  'openai-chat': (text) => JSON.parse(/data: (\{"error".*)\n\n(?:data: \[DONE\]\n\n)?$/.exec(text)?.[1] ?? '{}').error,
  'openai-responses': (text) =>
    JSON.parse(/event: response\.failed\ndata: (.*)\n\n$/.exec(text)?.[1] ?? '{}').response?.error,
  gemini: (text) => JSON.parse(/data: (\{"error".*)\r?\n\r?\n$/.exec(text)?.[1] ?? '{}').error,
}

const secret = /sk-|acct_|org-|10\.\d|169\.254|nginx|127\.0\.0\.1|up-key|node:|\bat /

const ways = dialectIds.flatMap((client) => {
  const next = dialectIds[(dialectIds.indexOf(client) + 1) % dialectIds.length] ?? client
  return [
    { client, of: client, way: 'forwarded' },
    { client, of: next, way: `translated from ${next}` },
  ]
})
const forms = [
  { form: 'unary', isStream: false },
  { form: 'streamed', isStream: true },
] as const
const all = ways.flatMap((way) => forms.map((form) => ({ ...way, ...form })))

type Case = (typeof all)[number] & { readonly row: (typeof early)[string] }

const scriptOf = ({ isStream, row, of }: Case): Script =>
  ((isStream ? row.stream : undefined) ?? row.whole ?? row.stream ?? (() => hangUp))(goods[of])

async function expectTold(wanted: Case): Promise<void> {
  const { client, isStream, of, row } = wanted
  const model = fresh(of)
  upstream.says('/a', model, scriptOf(wanted))
  const answer = await send(client, model, isStream)
  expect(answer).toMatchObject({ status: row.status ?? 502, isCut: false })
  expect(JSON.parse(answer.text).error.message).toMatch(/\w/)
  expect(answer.text).not.toMatch(secret)
  expect(askedFor(model)).toBe('a')
}

async function expectFailover(wanted: Case): Promise<void> {
  const { client, isStream, of } = wanted
  const model = fresh(of, 'two.')
  upstream.says('/a', model, scriptOf(wanted))
  upstream.says('/b', model, isStream ? pieces(sse, goods[of].stream, 'close') : wholly(200, goods[of].whole))
  const answer = await send(client, model, isStream)
  expect(answer).toMatchObject({ status: 200, isCut: false })
  const seen = isStream ? formats[client].viewStream(answer.text) : formats[client].view(JSON.parse(answer.text))
  expect(seen).toMatchObject({ stop: 'end', text: expect.stringMatching(/\w/) })
  expect(askedFor(model)).toBe('ab')
}

describe.each(all)('$client, $way, $form', (one) => {
  const rows = Object.entries(early).filter(([, { whole }]) => one.isStream || whole)
  it.each(rows)('%s is told as a fault of the gateway’s', (_, row) => expectTold({ ...one, row }))
  it('none of it is the end where a second channel is good', async () => {
    for (const [, row] of rows) await expectFailover({ ...one, row })
  })
})

describe.each(Object.entries(silent))('%s', (_, row) => {
  it('is told as a fault of the gateway’s, and not the end where a second channel is good', async () => {
    await Promise.all(all.flatMap((one) => [expectTold({ ...one, row }), expectFailover({ ...one, row })]))
  })
})

/** How an answer is cut after content, given its frames up to there and what follows. */
const late: Record<string, (begun: readonly string[], rest: readonly string[], good: Good) => Script> = {
  'a break': (begun) => pieces(sse, begun, 'break'),
  'an end without the last word': (begun) => pieces(sse, begun, 'close'),
  'half of a frame': (begun, [next = '']) => pieces(sse, [...begun, next.slice(0, next.length / 2)], 'break'),
  'half of a frame and an end': (begun, [next = '']) =>
    pieces(sse, [...begun, next.slice(0, next.length / 2)], 'close'),
  'a half-closed connection': (begun) => pieces(sse, begun, 'half'),
  'a line above the limit': (begun) => pieces(sse, [...begun, `data: ${'x'.repeat(30_000)}`], 'stay'),
  'an error': (begun, _, { error }) => pieces(sse, [...begun, `event: error\ndata: ${oneLine(error)}\n\n`], 'stay'),
  'a chunk that is none': (begun) => (socket) => {
    pieces(sse, begun, 'stay')(socket)
    socket.end('nonsense\r\n')
  },
}

const oneLine = (json: string): string => JSON.stringify(JSON.parse(json))

async function expectCut(one: (typeof all)[number], cut: (typeof late)[string]): Promise<void> {
  const { client, of } = one
  const model = fresh(of, 'two.')
  const { prelude, stream } = goods[of]
  upstream.says('/a', model, cut(stream.slice(0, prelude + 1), stream.slice(prelude + 1), goods[of]))
  upstream.says('/b', model, pieces(sse, stream, 'close'))
  const answer = await send(client, model, true)
  expect(answer.status).toBe(200)
  expect(answer.text).toMatch(contentMark[client])
  expect(endingError[client](answer.text)).toMatchObject({ message: expect.stringMatching(/\w/) })
  expect(answer.text).not.toMatch(goodEnd[client])
  expect(answer.text).not.toMatch(secret)
  // Old Gemini clients see no more than a broken connection.
  expect(answer.isCut).toBe(client === 'gemini')
  expect(askedFor(model)).toBe('a')
}

describe.each(all.filter(({ isStream }) => isStream))('$client, $way, cut after content', (one) => {
  it.each(Object.entries(late))('by %s ends with an error and nothing else', (_, cut) => expectCut(one, cut))
})

describe('silence after content', () => {
  it('ends with an error and nothing else', async () => {
    const streamed = all.filter(({ isStream }) => isStream)
    await Promise.all(streamed.map((one) => expectCut(one, (begun) => pieces(sse, begun, 'stay'))))
  })
})

describe('attempts', () => {
  it.each(all)('are three at most, none twice: $client, $way, $form', async ({ client, isStream, of }) => {
    const model = fresh(of, 'many.')
    for (const letter of letters) upstream.says(`/${letter}`, model, wholly(503, '{"error":{"message":"busy"}}'))
    expect(await send(client, model, isStream)).toMatchObject({ status: client === 'anthropic-messages' ? 529 : 503 })
    expect(askedFor(model)).toBe('abc')
  })

  it.each(dialectIds)('end where the request itself is wrong: %s', async (id) => {
    const model = fresh(id, 'many.')
    upstream.says('/a', model, wholly(400, '{"error":{"message":"max_tokens is too large","param":"max_tokens"}}'))
    const answer = await send(id, model, false)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('max_tokens is too large')
    expect(askedFor(model)).toBe('a')
  })

  it.each(
    dialectIds.flatMap((client) => [
      { client, headers: { 'retry-after': '7' }, seconds: '7' },
      { client, headers: { 'retry-after-ms': '2500' }, seconds: '3' },
      { client, headers: { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }, seconds: /^3[56]\d\d$/ },
    ]),
  )('tell when it is worth trying again: $client, $headers', async ({ client, headers, seconds }) => {
    const model = fresh(client)
    upstream.says('/a', model, wholly(429, '{"error":{"message":"slow down"}}', headers))
    const answer = await send(client, model, true)
    expect(answer.status).toBe(429)
    expect(answer.headers['retry-after']).toMatch(seconds)
  })

  it.each(all)('pass over what comes before an answer: $client, $way, $form', async ({ client, isStream, of }) => {
    const model = fresh(of)
    const good = isStream ? pieces(sse, goods[of].stream, 'close') : wholly(200, goods[of].whole)
    upstream.says('/a', model, (socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n')
      good(socket)
    })
    expect(await send(client, model, isStream)).toMatchObject({ status: 200, isCut: false })
  })
})

describe('an answer in the form that was not asked for', () => {
  it.each(all)('is told in the one that was: $client, $way, $form', async ({ client, isStream, of }) => {
    const model = fresh(of)
    upstream.says('/a', model, isStream ? wholly(200, goods[of].whole) : pieces(sse, goods[of].stream, 'close'))
    const answer = await send(client, model, isStream)
    expect(answer).toMatchObject({ status: 200, isCut: false })
    const seen = isStream ? formats[client].viewStream(answer.text) : formats[client].view(JSON.parse(answer.text))
    expect(seen).toMatchObject({ stop: 'end', text: expect.stringMatching(/\w/) })
  })
})

describe('a refusal that cannot be read', () => {
  const refusals: Record<string, Script> = {
    'with nothing in it': wholly(429, ''),
    'compressed unasked': wholly(429, gzipSync('{"error":{"message":"slow down"}}'), { 'content-encoding': 'gzip' }),
    'as a page': wholly(429, html, { 'content-type': 'text/html' }),
    'cut short': (socket) => {
      socket.write(head(429, { 'content-type': 'application/json', 'content-length': 500 }))
      socket.end('{"error":{"mess')
    },
    'without an end': (socket) => {
      socket.write(head(429, { 'content-type': 'application/json', 'content-length': 500 }))
      socket.write('{"error":{"mess')
    },
  }
  it.each(dialectIds.flatMap((client) => Object.entries(refusals).map(([how, script]) => ({ client, how, script }))))(
    'is told by its status: $client, $how',
    async ({ client, script }) => {
      const model = fresh(client)
      upstream.says('/a', model, script)
      const answer = await send(client, model, false)
      expect(answer.status).toBe(429)
      expect(JSON.parse(answer.text).error.message).toMatch(/^[ -~’]+$/)
      expect(answer.text).not.toMatch(secret)
    },
  )
})

describe('an upstream that cannot be reached', () => {
  it.each(dialectIds)('is told in the words of %s', async (client) => {
    const model = fresh(client)
    await expect(send(client, model, true)).resolves.toMatchObject({ status: 502 })
  })
})

describe('the log', () => {
  it('says why each attempt failed, with what was withheld from the client', () => {
    const failed = gateway.lines.filter(({ record }) => record.outcome === 'failed')
    expect(failed.length).toBeGreaterThan(100)
    for (const { record } of failed)
      expect(Object.keys(record)).toEqual(expect.arrayContaining(['channel', 'fault', 'message', 'cause']))
  })
})
