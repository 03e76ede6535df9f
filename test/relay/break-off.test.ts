import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { key, type SandboxGateway, startSandboxGateway, via } from '../support/gateway.ts'

let gateway: SandboxGateway
beforeAll(async () => {
  gateway = await startSandboxGateway()
})
afterAll(() => gateway.close())

interface Heard {
  /** What came, one entry for each time that something came. */
  readonly pieces: readonly string[]
  /** The chunk that ends a body. */
  readonly isWhole: boolean
}

/** Asks over a bare socket: what matters is in which pieces the answer comes. */
const listen = (path: string, prompt: string, headers: readonly string[] = []): Promise<Heard> =>
  new Promise((resolve) => {
    const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: prompt }] }] })
    const { hostname, port } = new URL(gateway.url)
    const pieces: string[] = []
    const socket = connect(Number(port), hostname)
    socket.on('data', (chunk) => pieces.push(chunk.toString()))
    socket.on('close', () => resolve({ pieces, isWhole: pieces.join('').endsWith('\r\n0\r\n\r\n') }))
    const head = [
      `host: ${hostname}`,
      `x-goog-api-key: ${key}`,
      `content-length: ${Buffer.byteLength(body)}`,
      ...headers,
    ]
    socket.write(`POST ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`)
  })

const stream = (format: DialectId): string => `/v1beta/models/${via(format)}:streamGenerateContent`
const sdk = ['x-goog-api-client: google-genai-sdk/1.30.0 gl-node/v24.21.0']
const failing = (how: string): string => `Hello sandbox:words=90 sandbox:delay=1ms sandbox:fail=${how}@60`

describe.each(dialectIds)('an answer of %s that breaks off', (format) => {
  const rows = ['error', 'cut'] as const
  it.each(rows)('%s: the vendor’s SDKs get the error bare, alone in a chunk, and an end', async (how) => {
    const { isWhole, pieces } = await listen(`${stream(format)}?alt=sse`, failing(how), sdk)
    expect(isWhole).toBe(true)
    const [, bare = ''] = /^[0-9a-f]+\r\n(\{.*\}\r\n\r\n)\r\n0\r\n\r\n$/.exec(pieces.at(-1) ?? '') ?? []
    expect(JSON.parse(bare)).toMatchObject({ error: { code: expect.any(Number), status: expect.any(String) } })
    expect(pieces.slice(0, -1).join('')).not.toContain('"error"')
    expect(pieces.join('')).not.toContain('finishReason')
  })

  it.each(rows)('%s: others get it in a frame, and a broken connection', async (how) => {
    const { isWhole, pieces } = await listen(`${stream(format)}?alt=sse`, failing(how))
    expect(isWhole).toBe(false)
    expect(pieces.join('')).toMatch(/\r\ndata: \{"error":\{.*\}\}\r\n\r\n\r\n$/)
    expect(pieces.join('')).not.toContain('finishReason')
  })

  it('in a JSON array it is the last element, and the connection breaks', async () => {
    const { isWhole, pieces } = await listen(stream(format), failing('error'), sdk)
    expect(isWhole).toBe(false)
    expect(pieces.join('')).toMatch(/,\r\n\{"error":\{.*\}\]\r\n$/)
  })
})

it('an answer that ends well ends at once and whole', async () => {
  const { isWhole } = await listen(`${stream('openai-chat')}?alt=sse`, 'Hello', sdk)
  expect(isWhole).toBe(true)
})
