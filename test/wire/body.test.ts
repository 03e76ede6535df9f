import { createServer, type IncomingMessage, request as openRequest } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { type BodyLimits, type BodyResult, readBody } from '../../src/wire/body.ts'

const LIMITS: BodyLimits = { bytes: 100_000, inflatedBytes: 500_000, timeoutMs: 10_000 }
const EVENTS = ['data', 'end', 'error', 'close', 'aborted', 'readable'] as const

interface Outcome {
  result: BodyResult
  /** Listeners that reading left on the request. */
  left: number
}

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A server that reads one body; `outcome` is what came of it. */
async function serve(limits: Partial<BodyLimits> = {}): Promise<{ port: number; outcome: Promise<Outcome> }> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const server = createServer(async (request, response) => {
    const before = listeners(request)
    const result = await readBody(request, { ...LIMITS, ...limits })
    resolve({ result, left: listeners(request) - before })
    response.writeHead(result.ok ? 200 : 400, { connection: 'close' }).end(() => request.destroy())
  })
  closers.push(() => void server.close().closeAllConnections())
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  // A server that listens on a port has an address of this shape.
  return { port: (server.address() as AddressInfo).port, outcome: promise }
}

const listeners = (request: IncomingMessage) => EVENTS.reduce((count, event) => count + request.listenerCount(event), 0)

/** Sends a body; `isChunked` leaves its length unsaid. */
async function send(body: Buffer, { encoding, limits, isChunked }: Sending = {}): Promise<Outcome> {
  const { port, outcome } = await serve(limits)
  const headers = {
    ...(encoding !== undefined && { 'content-encoding': encoding }),
    ...(isChunked !== true && { 'content-length': body.length }),
  }
  const request = openRequest({ host: '127.0.0.1', port, method: 'POST', headers })
  // The server may hang up while we still send; what it made of the body is what counts.
  request.on('error', () => undefined).on('response', (response) => response.resume())
  for (let start = 0; start < body.length; start += 16_384) request.write(body.subarray(start, start + 16_384))
  request.end()
  return outcome
}

interface Sending {
  encoding?: string
  limits?: Partial<BodyLimits>
  isChunked?: boolean
}

async function sendRaw(
  text: string,
  limits: Partial<BodyLimits>,
): Promise<{ outcome: Promise<Outcome>; socket: Socket }> {
  const { port, outcome } = await serve(limits)
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined).resume()
  closers.push(() => socket.destroy())
  await new Promise<void>((written) => socket.write(text, () => written()))
  return { outcome, socket }
}

const text = Buffer.from(JSON.stringify({ text: 'hello '.repeat(10_000) }))

describe('readBody', () => {
  const encodings: { encoding: string; encode: (body: Buffer) => Buffer }[] = [
    { encoding: 'identity', encode: (body) => body },
    { encoding: '', encode: (body) => body },
    { encoding: 'gzip', encode: gzipSync },
    { encoding: 'X-GZIP', encode: gzipSync },
    { encoding: 'deflate', encode: deflateSync },
    { encoding: 'deflate', encode: deflateRawSync },
    { encoding: 'zstd', encode: zstdCompressSync },
  ]
  test.each(encodings)('$encoding', async ({ encoding, encode }) => {
    for (const isChunked of [true, false]) {
      const { result, left } = await send(encode(text), { encoding, isChunked })
      expect(result.ok && result.bytes.equals(text)).toBe(true)
      expect(left).toBe(0)
    }
  })

  test.each(['identity', 'gzip', 'zstd'])('an empty body, said to be %s', async (encoding) => {
    expect((await send(Buffer.alloc(0), { encoding })).result).toEqual({ ok: true, bytes: Buffer.alloc(0) })
  })

  const bomb = Buffer.alloc(50_000_000)
  const noise = Buffer.from(Array.from({ length: 90_000 }, (_, index) => (index * index * 31) >> 3))
  const refused: { name: string; body: Buffer; sending: Sending; problem: string }[] = [
    { name: 'a length above the limit', body: text, sending: { limits: { bytes: 1000 } }, problem: 'too_large' },
    {
      name: 'chunks above the limit',
      body: text,
      sending: { limits: { bytes: 50_000 }, isChunked: true },
      problem: 'too_large',
    },
    { name: 'a gzip bomb', body: gzipSync(bomb), sending: { encoding: 'gzip' }, problem: 'too_large' },
    { name: 'a deflate bomb', body: deflateSync(bomb), sending: { encoding: 'deflate' }, problem: 'too_large' },
    { name: 'a zstd bomb', body: zstdCompressSync(bomb), sending: { encoding: 'zstd' }, problem: 'too_large' },
    { name: 'brotli', body: brotliCompressSync(text), sending: { encoding: 'br' }, problem: 'encoding' },
    { name: 'two encodings', body: gzipSync(gzipSync(text)), sending: { encoding: 'gzip, gzip' }, problem: 'encoding' },
    {
      name: 'an encoding named like a property',
      body: text,
      sending: { encoding: 'constructor' },
      problem: 'encoding',
    },
    { name: 'no gzip at all', body: noise, sending: { encoding: 'gzip' }, problem: 'corrupt' },
    { name: 'no zstd at all', body: noise, sending: { encoding: 'zstd' }, problem: 'corrupt' },
    {
      name: 'gzip with more behind it',
      body: Buffer.concat([gzipSync(text), noise]),
      sending: { encoding: 'gzip' },
      problem: 'corrupt',
    },
    {
      name: 'deflate with more behind it',
      body: Buffer.concat([deflateSync(text), noise]),
      sending: { encoding: 'deflate' },
      problem: 'corrupt',
    },
    {
      name: 'zstd with more behind it',
      body: Buffer.concat([zstdCompressSync(text), noise]),
      sending: { encoding: 'zstd' },
      problem: 'corrupt',
    },
    { name: 'gzip cut off', body: gzipSync(text).subarray(0, -9), sending: { encoding: 'gzip' }, problem: 'corrupt' },
    {
      name: 'deflate cut off',
      body: deflateSync(text).subarray(0, -9),
      sending: { encoding: 'deflate' },
      problem: 'corrupt',
    },
    {
      name: 'zstd cut off',
      body: zstdCompressSync(text).subarray(0, -9),
      sending: { encoding: 'zstd' },
      problem: 'corrupt',
    },
  ]
  test.each(refused)('$name is refused', async ({ body, sending, problem }) => {
    const { result, left } = await send(body, sending)
    expect(result).toMatchObject({ ok: false, problem })
    expect(left).toBe(0)
  })

  test('a length above the limit is refused before a byte of the body', async () => {
    const { outcome } = await sendRaw('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100001\r\n\r\n', {})
    expect((await outcome).result).toMatchObject({ ok: false, problem: 'too_large' })
  })

  test.each([
    { encoding: 'gzip', encode: gzipSync },
    { encoding: 'zstd', encode: zstdCompressSync },
  ])('$encoding in two parts is one body', async ({ encoding, encode }) => {
    const { result } = await send(Buffer.concat([encode(text), encode(text)]), { encoding })
    expect(result.ok && result.bytes.equals(Buffer.concat([text, text]))).toBe(true)
  })

  test('a body at the limit is read', async () => {
    expect((await send(text, { limits: { bytes: text.length, inflatedBytes: text.length } })).result.ok).toBe(true)
    const zipped = { encoding: 'gzip', limits: { inflatedBytes: text.length } }
    expect((await send(gzipSync(text), zipped)).result.ok).toBe(true)
  })

  const HALF = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345'
  test('a body that does not go on is refused in time', async () => {
    const { result, left } = await (await sendRaw(HALF, { timeoutMs: 20 })).outcome
    expect(result).toMatchObject({ ok: false, problem: 'timeout' })
    expect(left).toBe(0)
  })

  test('a client that leaves in the middle', async () => {
    const { outcome, socket } = await sendRaw(HALF, {})
    socket.end()
    const { result, left } = await outcome
    expect(result).toMatchObject({ ok: false, problem: 'aborted' })
    expect(left).toBe(0)
  })
})
