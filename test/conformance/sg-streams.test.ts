import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats, frames, type Json } from '../support/formats/format.ts'
import { key } from '../support/gateway.ts'
import { bare, beginning, deltas, named, type Said, streams } from './replies.ts'
import { type Asked, at, pairs, type Scripted, startScripted, type Told } from './scripted.ts'

/** Moved by hand where a test needs time to pass. */
let nowMs = 1_700_000_000_000

let gateway: Scripted
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  gateway = await startScripted(
    {},
    `
  - { name: first, provider: sandbox, base_url: 'URL/first', keys: [k], dialects: [anthropic-messages], priority: 2, models: [twice] }
  - { name: second, provider: sandbox, base_url: 'URL/second', keys: [k], dialects: [openai-chat], priority: 1, models: [twice] }`,
    { clock: () => nowMs },
  )
})
afterAll(async () => {
  await gateway.close()
  vi.useRealTimers()
})

const turns = [{ user: 'Hello' }]
const schema = { type: 'object', properties: { a: { type: 'integer' } } }
const tools = [{ name: 'f', schema }]
const calls = [
  { id: 'call_1', name: 'f', input: { a: 1 } },
  { id: 'call_2', name: 'f', input: { a: 2 } },
]
const said: Said = { thinking: 'Hm, 你好.', text: 'Hello 👋🏽 你好', calls, seal: 'c2VhbA==' }

const ask = (client: DialectId, upstream: DialectId): Promise<Told> =>
  gateway.ask(client, { model: at(upstream), stream: true, thinking: true, turns, tools })

describe('SG-01 SG-02 SG-03 SG-04 (T2, T3, T4, T36, T37, T59, T60, T71, T79, T81, T114, T115) streams obey the client’s grammar', () => {
  it.each(pairs)('client %s, upstream %s', async (client, upstream) => {
    gateway.says({ stream: streams[upstream](said) })
    const told = await ask(client, upstream)
    expect(told.headers.get('content-type')).toMatch(/^text\/event-stream/)
    const seen = formats[client].viewStream(told.text)
    expect(seen).toMatchObject({ text: said.text, thinking: said.thinking, stop: 'tool_calls' })
    expect(seen.calls.map(({ input, name }) => ({ input, name }))).toEqual([
      { name: 'f', input: { a: 1 } },
      { name: 'f', input: { a: 2 } },
    ])
    rules[client](told.text)
  })
})

/** All that a client need know of the Responses API; a strict SDK throws at any other. */
const responseEvents: ReadonlySet<string> = new Set([
  'created',
  'in_progress',
  'completed',
  ...['output_item', 'content_part', 'reasoning_summary_part'].flatMap((what) => [`${what}.added`, `${what}.done`]),
  ...['output_text', 'reasoning_summary_text', 'reasoning_text', 'function_call_arguments'].flatMap((what) => [
    `${what}.delta`,
    `${what}.done`,
  ]),
])

/** What a view overlooks: each format's rules for the frames themselves. */
const rules: Record<DialectId, (text: string) => void> = {
  'anthropic-messages'(text) {
    const events = frames(text).filter(({ event }) => event !== 'ping')
    const indices = events.filter(({ event }) => event === 'content_block_start').map(({ data }) => data.index)
    expect(indices).toEqual(indices.map((_, position) => position))
    expect(events.map(({ event }) => event).slice(-2)).toEqual(['message_delta', 'message_stop'])
    expect(text).not.toContain('[DONE]')
  },
  'openai-chat'(text) {
    const chunks = frames(text)
    expect(chunks[0]?.data.choices[0].delta.role).toBe('assistant')
    expect(chunks.filter(({ data }) => data.choices?.[0]?.finish_reason)).toHaveLength(1)
    const opens = chunks.flatMap(({ data }) => data.choices?.[0]?.delta.tool_calls ?? []).filter(({ id }: Json) => id)
    expect(opens.map(({ index }: Json) => index)).toEqual([0, 1])
  },
  'openai-responses'(text) {
    const events = frames(text)
    expect(events.map(({ data }) => data.sequence_number)).toEqual(events.map((_, position) => position))
    const added = events.filter(({ event }) => event === 'response.output_item.added').map(({ data }) => data)
    const done = events.filter(({ event }) => event === 'response.output_item.done').map(({ data }) => data)
    expect(done.map(({ item }) => [item.type, item.id, item.call_id])).toEqual(
      added.map(({ item }) => [item.type, item.id, item.call_id]),
    )
    expect(added.map(({ output_index: index }) => index)).toEqual(added.map((_, position) => position))
    const ids = new Set(events.flatMap(({ data }) => data.response?.id ?? []))
    expect(ids.size).toBe(1)
    for (const { event = '' } of events) expect(responseEvents).toContain(event.replace(/^response\./, ''))
    const told = events.filter(({ event }) => event === 'response.output_text.delta').map(({ data }) => data.delta)
    expect(told.join('')).toBe(said.text)
    for (const { data } of events) if (data.item_id) expect(added[data.output_index]?.item.id).toBe(data.item_id)
    expect(text).not.toContain('"output_text":')
  },
  gemini(text) {
    const chunks = frames(text)
    expect(chunks.every(({ data }) => data.candidates[0].content.parts.length > 0)).toBe(true)
    expect(chunks.filter(({ data }) => data.candidates[0].finishReason)).toHaveLength(1)
    expect(chunks.at(-1)?.data.usageMetadata).toBeDefined()
  },
}

describe('SG-05 (T82) a Gemini client without alt=sse gets a JSON array', () => {
  const path = (upstream: DialectId) => `/v1beta/models/${at(upstream)}:streamGenerateContent`
  const body = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }
  it.each(dialectIds)('of the whole answer, upstream: %s', async (upstream) => {
    gateway.says({ stream: streams[upstream]({ text: 'Hello there' }) })
    const told = await gateway.post(path(upstream), body)
    expect(told.headers.get('content-type')).toMatch(/^application\/json/)
    const parts = told.json.flatMap(({ candidates }: Json) => candidates[0].content.parts)
    expect(parts.map(({ text }: Json) => text).join('')).toBe('Hello there')
  })
  it.each(dialectIds)('that is whole even when an error cuts it, upstream: %s', async (upstream) => {
    gateway.says({ stream: beginning(upstream, 'Hello there'), end: 'break' })
    const text = await bytesOf(path(upstream), body)
    const elements: Json[] = JSON.parse(text)
    expect(elements.at(-1)?.error).toMatchObject({ code: expect.any(Number), message: expect.any(String) })
  })
})

/** All that came before the connection ended, however it ended. */
async function bytesOf(path: string, body: Json): Promise<string> {
  const { hostname, port } = new URL(gateway.url)
  const text = JSON.stringify(body)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  )
  const pieces: Buffer[] = []
  socket.on('data', (piece: Buffer) => pieces.push(piece))
  await new Promise((resolve) => socket.on('close', resolve))
  const [head = '', ...rest] = Buffer.concat(pieces).toString().split('\r\n\r\n')
  const raw = rest.join('\r\n\r\n')
  return /transfer-encoding: chunked/i.test(head) ? unchunked(raw) : raw
}

function unchunked(raw: string): string {
  let left = Buffer.from(raw)
  const whole: Buffer[] = []
  for (;;) {
    const end = left.indexOf('\r\n')
    const size = Number.parseInt(left.subarray(0, end).toString(), 16)
    if (end < 0 || !(size > 0)) return Buffer.concat(whole).toString()
    whole.push(left.subarray(end + 2, end + 2 + size))
    left = left.subarray(end + 4 + size)
  }
}

const framings: Readonly<Record<string, (text: string) => (string | Uint8Array)[]>> = {
  'byte by byte': (text) => [...Buffer.from(text)].map((byte) => Buffer.from([byte])),
  'with CRLF': (text) => [text.replaceAll('\n', '\r\n')],
  'with lone CR': (text) => [text.replaceAll('\n', '\r')],
  'without the space after the colon': (text) => [text.replace(/^(data|event): /gm, '$1:')],
  'with a byte order mark': (text) => ['\uFEFF', text],
  'with comments between': (text) => [text.replaceAll('\n\n', '\n\n: keep-alive\n\n')],
  // A line break is white space to JSON after a comma between members.
  'with several data lines': (text) => [text.replace(/^(data: \{"[a-z]+":"[^"]*",)/gm, '$1\ndata: ')],
}

describe('SG-06 (T100, T101) the same answer however its bytes come', () => {
  const rows = Object.keys(framings).flatMap((name) =>
    pairs.filter(([client]) => client !== 'gemini').map(([client, upstream]) => [name, client, upstream] as const),
  )
  it.each(rows)('%s, client %s, upstream %s', async (name, client, upstream) => {
    const pieces = framings[name]?.(streams[upstream](said).join('')) ?? []
    gateway.says({ stream: pieces })
    const told = await ask(client, upstream)
    expect(formats[client].viewStream(told.text)).toMatchObject({
      text: said.text,
      thinking: said.thinking,
      stop: 'tool_calls',
    })
    expect(told.text).not.toContain('\uFFFD')
  })
})

/** How each format says in a stream that it broke: what must be there, and what must not. */
const broken: Record<DialectId, { readonly says: RegExp; readonly never: RegExp }> = {
  'anthropic-messages': {
    says: /event: error\ndata: \{"type":"error","error":\{"type":"\w+","message":/,
    never: /message_stop|end_turn/,
  },
  'openai-chat': { says: /data: \{"error":\{"message":/, never: /\[DONE\]|"finish_reason":"/ },
  'openai-responses': {
    says: /event: response\.failed\ndata: .*"error":\{"code":"\w+","message":/,
    never: /response\.completed/,
  },
  gemini: { says: /data: \{"error":\{"code":\d+,"message":/, never: /"finishReason"/ },
}

/** Asks by hand, because a broken connection is a part of what a Gemini client is told. */
const cut = (client: DialectId, upstream: DialectId): Promise<string> => {
  const { body, path } = formats[client].ask({ model: at(upstream), stream: true, turns })
  return bytesOf(path, body)
}

describe('SG-07 (T5, T55, T80) an upstream that ends without its last word is an error, never an end', () => {
  const rows = dialectIds.flatMap((client) =>
    dialectIds.flatMap((upstream) => (['close', 'break'] as const).map((end) => [client, upstream, end] as const)),
  )
  it.each(rows)('client %s, upstream %s, %s', async (client, upstream, end) => {
    gateway.says({ stream: beginning(upstream, 'Half an answer'), end })
    const text = await cut(client, upstream)
    expect(text).toContain('Half an answer')
    expect(text).toMatch(broken[client].says)
    expect(text).not.toMatch(broken[client].never)
  })
})

/** How each vendor says in a stream that it broke. */
const failures: Record<DialectId, string> = {
  'anthropic-messages': named({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
  'openai-chat': bare({ error: { message: 'Overloaded', type: 'server_error', code: 'server_is_overloaded' } }),
  'openai-responses': named({
    type: 'response.failed',
    sequence_number: 20,
    response: {
      id: 'resp_up',
      object: 'response',
      status: 'failed',
      output: [],
      error: { code: 'server_is_overloaded', message: 'Overloaded' },
    },
  }),
  gemini: bare({ error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } }),
}

describe('SG-08 (T102) an error before the first content has its own status and is JSON', () => {
  const overloaded: Record<DialectId, number> = {
    'anthropic-messages': 529,
    'openai-chat': 503,
    'openai-responses': 503,
    gemini: 503,
  }
  const rows = dialectIds.flatMap((client) => dialectIds.map((upstream) => [client, upstream] as const))
  it.each(rows)('client %s, upstream %s', async (client, upstream) => {
    gateway.says({ stream: [failures[upstream]] })
    const told = await ask(client, upstream)
    expect(told.status).toBe(overloaded[client])
    expect(told.headers.get('content-type')).toMatch(/^application\/json/)
    expect(told.json.error.message).toContain('Overloaded')
  })
})

describe('SG-09 SG-18 SG-19 (T5, T31, T57, T94, T116) an error after ten deltas is told in the stream', () => {
  const words = Array.from({ length: 10 }, (_, position) => `w${position} `)
  const rows = dialectIds.flatMap((client) => dialectIds.map((upstream) => [client, upstream] as const))
  it.each(rows)('client %s, upstream %s', async (client, upstream) => {
    gateway.says({ stream: [...deltas(upstream, words), failures[upstream]] })
    const text = await cut(client, upstream)
    expect(text).toContain('w9 ')
    expect(text).toMatch(broken[client].says)
    expect(text).toContain('Overloaded')
    expect(text).not.toMatch(broken[client].never)
  })
  it('SG-18 (T57) a Responses client’s last event is response.failed, with code, message and what there was', async () => {
    gateway.says({ stream: [...deltas('anthropic-messages', words), failures['anthropic-messages']] })
    const told = await ask('openai-responses', 'anthropic-messages')
    const last = frames(told.text).at(-1)?.data
    expect(last).toMatchObject({
      type: 'response.failed',
      response: {
        status: 'failed',
        error: { code: expect.any(String), message: expect.stringContaining('Overloaded') },
      },
    })
  })
  it('SG-19 (T116) a Gemini client’s connection breaks, so that old SDKs see it', async () => {
    gateway.says({ stream: beginning('openai-chat', 'Half an answer'), end: 'break' })
    await expect(ask('gemini', 'openai-chat')).rejects.toThrow(/terminated/)
  })
})

describe('SG-10 (T103) a client that leaves', () => {
  const rows = dialectIds.flatMap((client) => dialectIds.map((upstream) => [client, upstream] as const))
  it.each(rows)('is not waited for, client %s, upstream %s', async (client, upstream) => {
    gateway.says({ stream: beginning(upstream, 'Half an answer'), end: 'stay' })
    const { body, headers, path } = formats[client].ask({ model: at(upstream), stream: true, turns })
    const leaving = new AbortController()
    const answer = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: leaving.signal,
    })
    await answer.body?.getReader().read()
    leaving.abort()
    await gateway.last().closed
    await vi.waitFor(() => expect(gateway.gateway.lines.at(-1)?.record).toMatchObject({ outcome: 'gone' }))
  })
  it('has its usage recorded as far as it is known', async () => {
    const start = beginning('anthropic-messages', 'Half an answer')
    gateway.says({ stream: start, end: 'stay' })
    const leaving = new AbortController()
    const { body, headers, path } = formats['anthropic-messages'].ask({
      model: at('anthropic-messages'),
      stream: true,
      turns,
    })
    const answer = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...headers },
      body: JSON.stringify(body),
      signal: leaving.signal,
    })
    await answer.body?.getReader().read()
    leaving.abort()
    await gateway.last().closed
    await vi.waitFor(() =>
      expect(gateway.gateway.lines.at(-1)?.record).toMatchObject({ outcome: 'gone', usage: { input: 100 } }),
    )
  })
})

const tired = { status: 429, body: { type: 'error', error: { type: 'rate_limit_error', message: 'Slow down' } } }

/** The channel of a request. */
const channelOf = ({ path }: Asked): string | undefined => path.split('/')[1]

it('SG-11 (T102) a refusal before the first byte is tried elsewhere, and the client sees one clean stream', async () => {
  nowMs += 3_600_000
  gateway.says((asked) =>
    channelOf(asked) === 'first' ? tired : { stream: streams['openai-chat']({ text: 'Hello' }) },
  )
  const seen = await gateway.see('anthropic-messages', { model: 'twice', stream: true, turns })
  expect(seen.text).toBe('Hello')
  expect(gateway.asked().map(channelOf)).toEqual(['first', 'second'])
})

it('SG-12 (T4) a failure after the first content is not tried elsewhere', async () => {
  nowMs += 3_600_000
  gateway.says((asked) =>
    channelOf(asked) === 'first'
      ? { stream: beginning('anthropic-messages', 'Half an answer'), end: 'break' }
      : { stream: streams['openai-chat']({ text: 'Hello' }) },
  )
  const told = await gateway.ask('openai-responses', { model: 'twice', stream: true, turns })
  expect(told.text).toMatch(broken['openai-responses'].says)
  expect(gateway.asked().map(channelOf)).toEqual(['first'])
})

const heartbeats: Record<DialectId, RegExp> = {
  'anthropic-messages': /event: ping\ndata: \{"type": ?"ping"\}\n\n/,
  'openai-chat': /\n: keep-alive\n\n/,
  'openai-responses': /\n: keep-alive\n\n/,
  gemini: /data: .*"parts":\[\{"text":"","thought":true\}\].*\n\n/,
}

describe('SG-13 (T42) a quiet upstream: the client gets a sign of life that means nothing', () => {
  it.each(pairs)('client %s, upstream %s', async (client, upstream) => {
    gateway.says({ stream: beginning(upstream, 'Half an answer'), end: 'stay' })
    const { body, headers, path } = formats[client].ask({ model: at(upstream), stream: true, turns })
    const leaving = new AbortController()
    const answer = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: leaving.signal,
    })
    const reader = answer.body?.getReader()
    let text = ''
    const readUntil = async (wanted: RegExp): Promise<void> => {
      while (!wanted.test(text)) {
        const read = await reader?.read()
        if (!read || read.done) throw new Error(`the stream ended: ${text}`)
        text += Buffer.from(read.value).toString().replaceAll('\r', '')
      }
    }
    await readUntil(/Half an answer.*\n\n/)
    nowMs += 12_000
    vi.advanceTimersByTime(2_500)
    await readUntil(heartbeats[client])
    expect(text).not.toMatch(/data: *\n/)
    leaving.abort()
    await gateway.last().closed
  })
})

describe('SG-14 what comes after the end is ignored', () => {
  // Gemini's streams have no last word: they end when the connection does.
  it.each(pairs.filter(([, upstream]) => upstream !== 'gemini'))('client %s, upstream %s', async (client, upstream) => {
    const after = [...streams[upstream]({ text: 'And more' }), 'data: garbage\n\n']
    gateway.says({ stream: [...streams[upstream]({ text: 'Hello' }), ...after] })
    const told = await ask(client, upstream)
    expect(formats[client].viewStream(told.text)).toMatchObject({ text: 'Hello', stop: 'end' })
  })
})

it('SG-15 Anthropic’s search becomes a web_search_call with its events in order', async () => {
  const block = (index: number, content: Json, ...pieces: Json[]) => [
    { type: 'content_block_start', index, content_block: content },
    ...pieces.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
  const [start = '', ...rest] = streams['anthropic-messages']({})
  const hits = [
    { type: 'web_search_result', url: 'https://yr.no', title: 'Yr', encrypted_content: 'ZW5j', page_age: null },
  ]
  const middle = [
    ...block(
      0,
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
      { type: 'input_json_delta', partial_json: '{"query":"snow"}' },
    ),
    ...block(1, { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: hits }),
    ...block(2, { type: 'text', text: '', citations: null }, { type: 'text_delta', text: 'Snow.' }),
  ].map(named)
  gateway.says({ stream: [start, ...middle, ...rest] })
  const told = await ask('openai-responses', 'anthropic-messages')
  expect(formats['openai-responses'].viewStream(told.text).text).toBe('Snow.')
  const events = frames(told.text).map(({ event }) => event ?? '')
  const search = events.filter((event) => event.startsWith('response.web_search_call.'))
  expect(search.map((event) => event.split('.')[2])).toEqual(['in_progress', 'searching', 'completed'])
  expect(events.indexOf('response.output_item.added')).toBeLessThan(events.indexOf(search[0] ?? ''))
})

/** Damage that a real client would stumble over; the judge of our writers must stumble, too. */
const damage: Record<DialectId, Readonly<Record<string, (text: string) => string>>> = {
  'anthropic-messages': {
    'no event names': (text) => text.replace(/^event: .*\n/gm, ''),
    'no message_stop': (text) => text.replace(/event: message_stop\n.*\n\n/, ''),
    'a second message_start': (text) => text.replace(/^event: message_start\n.*\n\n/, '$&$&'),
    'a gap in the indices': (text) => text.replaceAll('"index":1', '"index":7'),
    'message_delta without usage': (text) =>
      text.replace(/,"usage":\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}(?=\}\n\nevent: message_stop)/, ''),
    'arguments that are not JSON': (text) =>
      text.replace(/"partial_json":"[^"]*(?:\\"[^"]*)*"/, '"partial_json":"{oops"'),
    'an error at the end': (text) =>
      text.replace(/event: message_stop[\s\S]*$/, 'event: error\ndata: {"type":"error","error":{}}\n\n'),
  },
  'openai-chat': {
    'no [DONE]': (text) => text.replace('data: [DONE]\n\n', ''),
    'an empty payload': (text) => text.replace('\n\n', '\n\ndata: \n\n'),
    'event names': (text) => text.replace(/^data: \{/m, 'event: x\ndata: {'),
    'no role': (text) => text.replaceAll('"role":"assistant",', ''),
    'a call without type': (text) => text.replaceAll('"type":"function",', ''),
    'a call without index': (text) => text.replace('"tool_calls":[{"index":0,', '"tool_calls":[{'),
    'no finish_reason': (text) => text.replaceAll('"finish_reason":"tool_calls"', '"finish_reason":null'),
    'a finish_reason told twice': (text) => text.replace(/^data: .*"finish_reason":"tool_calls".*\n\n/m, '$&$&'),
    'a name told twice': (text) => text.replace('{"arguments":"{', '{"name":"f","arguments":"{'),
    'an error': (text) => text.replace(/^data: .*\n\n/, 'data: {"error":{"message":"x"}}\n\n'),
  },
  'openai-responses': {
    'another event first': (text) => text.replace(/^event: response.created\n.*\n\n/, ''),
    'a gap in the sequence': (text) => text.replace('"sequence_number":3', '"sequence_number":30'),
    'a missing output_item.done': (text) => text.replace(/event: response\.output_item\.done\n.*\n\n/, ''),
    'no terminal event': (text) => text.replace(/event: response\.completed\n.*\n\n/, ''),
    'an error': (text) =>
      text
        .replace(/event: response\.completed\n/, 'event: error\n')
        .replace('"type":"response.completed"', '"type":"error"'),
    'no event names': (text) => text.replace(/^event: .*\n/gm, ''),
  },
  gemini: {
    'event names': (text) => text.replace(/^data/, 'event: x\ndata'),
    comments: (text) => text.replace('\r\n\r\n', '\r\n\r\n: keep-alive\r\n\r\n'),
    'no blank line at the end': (text) => text.replace(/\r\n\r\n$/, '\r\n'),
    '[DONE]': (text) => `${text}data: [DONE]\n\n`,
    'an error': (text) => `${text}data: {"error":{"code":500}}\n\n`,
    'no finishReason': (text) => text.replace(/"finishReason":"\w+",?/, ''),
    'a last chunk without content': (text) => `${text}data: {"usageMetadata":{}}\n\n`,
    'content without role': (text) => text.replace('"role":"model"', '"role":"x"'),
  },
}

describe('SG-16 the judges of our streams are judged: they refuse what SDKs refuse', () => {
  const rows = dialectIds.flatMap((client) => Object.keys(damage[client]).map((name) => [client, name] as const))
  it.each(rows)('%s: %s', async (client, name) => {
    const upstream = client === 'openai-chat' ? 'anthropic-messages' : 'openai-chat'
    gateway.says({ stream: streams[upstream](said) })
    const { text } = await ask(client, upstream)
    const damaged = damage[client][name]?.(text) ?? text
    expect(damaged).not.toBe(text)
    expect(() => formats[client].viewStream(damaged)).toThrow()
  })
})

describe('SG-17 (T113) a genai chat’s history, one content for each chunk', () => {
  const call = (name: string, more: Json = {}) => ({
    role: 'model',
    parts: [{ functionCall: { name, args: { a: 1 } }, ...more }],
  })
  const contents = [
    { role: 'user', parts: [{ text: 'Hello' }] },
    { role: 'model', parts: [{ text: 'Hel' }] },
    { role: 'model', parts: [{ text: 'lo' }] },
    call('f', { thoughtSignature: 'c2ln' }),
    call('g'),
    { role: 'model', parts: [{ text: '' }] },
    {
      role: 'user',
      parts: ['f', 'g'].map((name) => ({ functionResponse: { name, response: { output: `${name} done` } } })),
    },
  ]
  const declared = [{ functionDeclarations: ['f', 'g'].map((name) => ({ name, parametersJsonSchema: schema })) }]
  const send = async (upstream: DialectId): Promise<Json> => {
    gateway.says({ stream: streams[upstream]({ text: 'Yes' }) })
    await gateway.post(`/v1beta/models/${at(upstream)}:streamGenerateContent?alt=sse`, { contents, tools: declared })
    return gateway.last().body
  }
  it('is one assistant turn for Anthropic, both calls in it', async () => {
    const { messages } = await send('anthropic-messages')
    expect(messages.map(({ role }: Json) => role)).toEqual(['user', 'assistant', 'user'])
    expect(messages[1].content.map((block: Json) => block.name ?? block.text).join(' ')).toMatch(/^Hel ?lo f g$/)
  })
  it('is one assistant message for Chat Completions', async () => {
    const { messages } = await send('openai-chat')
    expect(messages.map(({ role }: Json) => role)).toEqual(['user', 'assistant', 'tool', 'tool'])
    expect(messages[1].tool_calls).toHaveLength(2)
  })
  it('is a message and two calls for the Responses API', async () => {
    const { input } = await send('openai-responses')
    const types = input
      .map((item: Json) => item.type ?? 'message')
      .filter((type: string, at_: number, all: string[]) => type !== all[at_ - 1])
    expect(types).toEqual(['message', 'function_call', 'function_call_output'])
  })
  it('reaches Gemini with its signature', async () => {
    const body = await send('gemini')
    expect(JSON.stringify(body)).toContain('"thoughtSignature":"c2ln"')
  })
})
