import { type IncomingHttpHeaders, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DialectId } from '../../src/model/dialect.ts'
import { readDirectives, withoutDirectives } from '../../src/sandbox/failures.ts'
import { startSandbox } from '../../src/sandbox/index.ts'
import { type Conversation, converse, framesOf, type Loose, requestOf, type Speaker, spoken } from './speakers.ts'

let sandbox: Conversation
beforeAll(async () => {
  sandbox = await converse()
})
afterAll(() => sandbox.close())

const send = (speaker: Speaker, text: string, isStream = false): Promise<Response> =>
  sandbox.send(...requestOf(speaker, { text }, isStream))

describe('directives', () => {
  it.each([
    ['please sandbox:fail=429 now', { failure: { kind: 'status', status: 429 } }],
    ['sandbox: delay=20ms fail=cut@5', { delayMs: 20, failure: { kind: 'cut', afterWords: 5 } }],
    ['sandbox: words=12, cached=7', { words: 12, cached: 7 }],
    ['sandbox:fail=stall sandbox:end=refusal', { failure: { kind: 'stall', afterWords: 3 }, end: 'refusal' }],
    ['sandbox:fail=error@0', { failure: { kind: 'error', afterWords: 0 } }],
    ['sandbox:fail=200error', { failure: { kind: '200error' } }],
    ['sandbox: think=redacted', { think: 'redacted' }],
    ['sandbox:fail=299 sandbox:fail=constructor', {}],
    ['the sandbox: fail is not a directive', {}],
  ])('%s', (text, directives) => expect(readDirectives(text)).toEqual(directives))

  it('are no part of what was said', () => {
    expect(withoutDirectives('a sandbox: delay=20ms fail=cut@5 b')).toBe('a b')
  })
})

/** How each format words a refusal: its type, and where the type stands. */
const kinds: Readonly<Record<DialectId, { at: string; of: Readonly<Record<number, string>> }>> = {
  'anthropic-messages': {
    at: 'error.type',
    of: {
      400: 'invalid_request_error',
      401: 'authentication_error',
      403: 'permission_error',
      404: 'not_found_error',
      408: 'timeout_error',
      413: 'request_too_large',
      429: 'rate_limit_error',
      500: 'api_error',
      503: 'api_error',
      504: 'timeout_error',
      529: 'overloaded_error',
    },
  },
  'openai-chat': {
    at: 'error.code',
    of: { 401: 'invalid_api_key', 429: 'rate_limit_exceeded', 500: 'server_error', 503: 'server_is_overloaded' },
  },
  'openai-responses': {
    at: 'error.code',
    of: { 404: 'model_not_found', 429: 'rate_limit_exceeded', 504: 'server_error' },
  },
  gemini: {
    at: 'error.status',
    of: {
      400: 'INVALID_ARGUMENT',
      403: 'PERMISSION_DENIED',
      429: 'RESOURCE_EXHAUSTED',
      503: 'UNAVAILABLE',
      504: 'DEADLINE_EXCEEDED',
    },
  },
}

const refusals = spoken.flatMap(([id, speaker]) => {
  // The keys of the speakers are the four formats.
  const { at, of } = kinds[id as DialectId]
  return Object.entries(of).map(([status, kind]) => ({ id, speaker, at, status: Number(status), kind }))
})

describe('a status on demand', () => {
  it.each(refusals)('$id answers $status with $kind', async ({ speaker, status, at, kind }) => {
    const response = await send(speaker, `sandbox:fail=${status}`, true)
    expect(response.status).toBe(status)
    expect(response.headers.get('retry-after')).toBe(status === 429 || status === 503 ? '1' : null)
    expect(response.headers.get('x-sandbox')).toBe('1')
    expect(await response.json()).toHaveProperty(at, kind)
  })

  it.each(spoken)('%s takes it from a header or the name of the model', async (_, speaker) => {
    const [path, body, headers] = requestOf(speaker, { text: 'hi' })
    expect((await sandbox.send(path, body, { ...headers, 'x-sandbox-fail': '429' })).status).toBe(429)
    expect((await sandbox.send(...requestOf(speaker, { text: 'hi', model: 'sandbox-1:fail=529' }))).status).toBe(529)
  })

  it.each(spoken)('%s answers 502 with a page', async (_, speaker) => {
    const response = await send(speaker, 'sandbox:fail=502')
    expect(response.status).toBe(502)
    expect(await response.text()).toContain('<!DOCTYPE html>')
  })

  it('wraps the error of a stream that is an array', async () => {
    const response = await sandbox.send(
      '/v1beta/models/sandbox-1:streamGenerateContent',
      { contents: [{ parts: [{ text: 'sandbox:fail=429' }] }] },
      { 'x-goog-api-key': 'k' },
    )
    expect(await response.json()).toMatchObject([{ error: { code: 429, details: [{ retryDelay: '1s' }] } }])
  })
})

interface Remains {
  readonly text: string
  readonly headers: IncomingHttpHeaders
  readonly isBroken: boolean
}

/** What came before the answer broke. `fetch` loses an answer whose end comes along with its head, so `node:http` asks. */
const remains = (speaker: Speaker, text: string, isStream = false): Promise<Remains> =>
  new Promise((resolve, reject) => {
    const [path, body, headers] = requestOf(speaker, { text }, isStream)
    const asked = request(sandbox.url + path, { method: 'POST', headers, agent: false }, async (response) => {
      let received = ''
      try {
        for await (const piece of response.setEncoding('utf8')) received += piece
        resolve({ text: received, headers: response.headers, isBroken: false })
      } catch {
        resolve({ text: received, headers: response.headers, isBroken: true })
      }
    })
    asked.on('error', reject).end(JSON.stringify(body))
  })

describe.each(spoken)('%s goes wrong', (id, speaker) => {
  it('cuts a stream after so many words', async () => {
    const { text, isBroken } = await remains(speaker, 'sandbox: words=50 fail=cut@7', true)
    expect(isBroken).toBe(true)
    expect(text).toContain('word7')
    expect(text).not.toContain('word8')
  })

  it('cuts a whole answer in its middle', async () => {
    const { text, isBroken } = await remains(speaker, 'sandbox:fail=cut')
    expect(isBroken).toBe(true)
    expect(text.length).toBeGreaterThan(20)
  })

  it('cuts before the first byte', async () => {
    await expect(remains(speaker, 'sandbox:fail=cut@0')).rejects.toThrow('socket hang up')
  })

  it('errs in the middle of a stream, in its own words', async () => {
    const response = await send(speaker, 'sandbox: words=50 fail=error@4', true)
    const frames = framesOf(await response.text())
    const wordings: Readonly<Record<string, Loose>> = {
      'anthropic-messages': { type: 'error', error: { type: 'overloaded_error' } },
      'openai-chat': { error: { code: 'server_error' } },
      'openai-responses': {
        type: 'response.failed',
        sequence_number: frames.length - 1,
        response: { status: 'failed', error: { code: 'server_error' } },
      },
      gemini: { error: { code: 503, status: 'UNAVAILABLE' } },
    }
    expect(frames.at(-1)).toMatchObject(wordings[id])
    expect(JSON.stringify(frames)).toContain('word4')
    expect(JSON.stringify(frames)).not.toContain('word5')
  })

  it('stalls after so many words', async () => {
    const stop = new AbortController()
    const [path, body, headers] = requestOf(speaker, { text: 'sandbox: words=50 fail=stall@2' }, true)
    const response = await fetch(sandbox.url + path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers,
      signal: stop.signal,
    })
    let text = ''
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(piece).toString()
      if (text.includes('word2')) break
    }
    expect(text).not.toContain('word3')
    stop.abort()
  })

  it.each([false, true])('gives a page for an answer, stream: %s', async (isStream) => {
    const response = await send(speaker, 'sandbox:fail=html', isStream)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toContain('text/html')
  })

  it.each([false, true])('gives an error for an answer, stream: %s', async (isStream) => {
    const response = await send(speaker, 'sandbox:fail=200error', isStream)
    expect(response.status).toBe(200)
    expect(await response.json()).toHaveProperty('error.message')
  })

  it.each([false, true])('gives forty megabytes in one line, stream: %s', async (isStream) => {
    const response = await send(speaker, 'sandbox:fail=giant', isStream)
    let sizeBytes = 0
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) sizeBytes += piece.length
    expect(sizeBytes).toBeGreaterThan(40 * 2 ** 20)
  })

  it('gives garbage', async () => {
    const bytes = Buffer.from(await (await send(speaker, 'sandbox:fail=garbage', true)).arrayBuffer())
    expect(bytes.length).toBe(2048)
    expect(bytes.toString()).toContain('\ufffd')
  })

  it.each([false, true])('promises more than it sends, stream: %s', async (isStream) => {
    const { text, headers, isBroken } = await remains(speaker, 'sandbox:fail=short', isStream)
    expect(isBroken).toBe(true)
    expect(Number(headers['content-length']) - Buffer.byteLength(text)).toBe(100)
  })
})

describe('time', () => {
  it('passes between two words where it is asked to', async () => {
    const pauses: number[] = []
    const slow = await startSandbox({ pause: async (ms) => void pauses.push(ms) })
    try {
      const [, speaker] = spoken[1] ?? []
      if (!speaker) throw new Error('no speaker')
      const [path, body, headers] = requestOf(speaker, { text: 'sandbox: words=6 delay=20ms' }, true)
      await (await fetch(slow.url + path, { method: 'POST', body: JSON.stringify(body), headers })).text()
      expect(pauses).toEqual([20, 20, 20, 20, 20, 20])
    } finally {
      await slow.close()
    }
  })

  it('does not keep a silent sandbox open', async () => {
    const silent = await startSandbox()
    const [, speaker] = spoken[0] ?? []
    if (!speaker) throw new Error('no speaker')
    const [path, body, headers] = requestOf(speaker, { text: 'sandbox:fail=silence' })
    const asked = fetch(silent.url + path, { method: 'POST', body: JSON.stringify(body), headers }).catch(
      (error: Error) => error.message,
    )
    // The request has arrived when another one, sent after it, has been answered.
    await (await fetch(`${silent.url}/v1/models`, { headers: { authorization: 'k' } })).text()
    await silent.close()
    expect(await asked).toBe('fetch failed')
  })
})
