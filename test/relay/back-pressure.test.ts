import { existsSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats } from '../support/formats/format.ts'
import {
  type FakeUpstream,
  type Gateway,
  key,
  startGateway,
  startSandboxGateway,
  startUpstream,
  via,
} from '../support/gateway.ts'
import { ask, talk } from '../support/raw.ts'

/** What the upstream does with the next request. */
let act: (response: ServerResponse) => void = () => {}
let upstream: FakeUpstream
let gateway: Gateway

/** The clients that are asked from: the upstream speaks Chat Completions, so one is forwarded and one translated. */
const clients = ['openai-chat', 'anthropic-messages'] as const

beforeAll(async () => {
  upstream = await startUpstream((response) => act(response))
  gateway = await startGateway(`
sandbox: false
limits: { idle_timeout_ms: 400 }
channels: [{ name: one, provider: sandbox, base_url: ${upstream.url}, keys: [k], dialects: [openai-chat], models: ['*'] }]
keys: [{ name: test, key: ${key} }]`)
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

function requestOf(client: DialectId, isStream: boolean, prompt = 'Hello', model = 'm') {
  const asked = formats[client].ask({ model, stream: isStream, turns: [{ user: prompt }] })
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...asked.headers }
  return { path: asked.path, headers, body: JSON.stringify(asked.body) }
}

/** Asks over a bare connection, which the test may stop reading or close. */
function open(client: DialectId, isStream: boolean): Socket {
  const { body, headers, path } = requestOf(client, isStream)
  const lines = Object.entries({
    ...headers,
    host: 'x',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return talk(gateway.url, `POST ${path} HTTP/1.1\r\n${head}\r\n${body}`).socket
}

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

const frame = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const pieceBytes = 16_000
const piece = frame({ content: 'x'.repeat(pieceBytes) })
const last = `${frame({}, 'stop')}data: [DONE]\n\n`

/** Writes pieces as fast as they are taken. */
function pour(response: ServerResponse, count: number): void {
  let left = count
  const write = (): void => {
    while (left-- > 0) if (!response.write(piece)) return void response.once('drain', write)
    response.end(last)
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  write()
}

/** Bytes that have left our process over a socket. */
const goneOver = (socket: Socket): number => socket.bytesWritten - socket.writableLength

/** Bytes that the kernel holds for the connections with this port, both ends and both directions. Linux tells. */
function inKernel(port: number | undefined): number {
  const hex = (port ?? 0).toString(16).toUpperCase().padStart(4, '0')
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', remote = '']) => local.endsWith(`:${hex}`) || remote.endsWith(`:${hex}`))
    .flatMap(([, , , , queues = '0:0']) => queues.split(':').map((size) => Number.parseInt(size, 16)))
    .reduce((sum, size) => sum + size, 0)
}

const totalPieces = 2_000

describe.each(clients)('a client of %s that stops reading', (client) => {
  it('pauses the upstream, costs at most 256 KiB here, and gets everything when it reads again', async () => {
    const { promise: answering, resolve } = Promise.withResolvers<{ socket: Socket; startBytes: number }>()
    act = (response) => {
      // A response that has not ended has its connection.
      if (response.socket) resolve({ socket: response.socket, startBytes: goneOver(response.socket) })
      pour(response, totalPieces)
    }
    const socket = open(client, true)
    const chunks: Buffer[] = []
    await new Promise((begun) => socket.once('data', begun))
    socket.pause()
    const { socket: upstreamSocket, startBytes } = await answering
    const gone = (): number => goneOver(upstreamSocket) - startBytes
    let before = -1
    // Longer than the upstream may be silent: it is us who make it wait.
    for (let calm = 0; calm < 8; calm = gone() === before ? calm + 1 : 0) {
      before = gone()
      await wait(150)
    }
    const acceptedBytes = gone()
    expect(acceptedBytes).toBeLessThan((totalPieces * pieceBytes) / 2)
    const kernelBytes = existsSync('/proc/net/tcp')
      ? { up: inKernel(upstreamSocket.remotePort), down: inKernel(socket.localPort) + socket.bytesRead }
      : undefined
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.resume()
    await new Promise((closed) => socket.on('end', closed))
    if (kernelBytes) {
      // Told in another format, the same content is a little longer or shorter.
      const told = socket.bytesRead / gone()
      expect(acceptedBytes - kernelBytes.up - kernelBytes.down / told).toBeLessThan(256 * 1024)
    }
    const text = Buffer.concat(chunks).toString('latin1')
    expect(text).toMatch(client === 'openai-chat' ? /\[DONE\]/ : /message_stop/)
    expect(text.length).toBeGreaterThan(totalPieces * pieceBytes - acceptedBytes)
  })
})

const head = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.flushHeaders()
}

/** How far an answer has come when its client leaves; a stream's content has then reached the client. */
const phases: Record<string, { isStream: boolean; begin: (response: ServerResponse) => void; isHeard?: boolean }> = {
  'a stream before its head': { isStream: true, begin: () => {} },
  'a stream before its content': { isStream: true, begin: head },
  'a stream in its content': {
    isStream: true,
    begin: (response) => {
      head(response)
      response.write(frame({ role: 'assistant', content: 'Hello' }))
    },
    isHeard: true,
  },
  'a stream that is paused': { isStream: true, begin: (response) => pour(response, totalPieces), isHeard: true },
  'a whole answer before its head': { isStream: false, begin: () => {} },
  'a whole answer in its body': {
    isStream: false,
    begin: (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"id":')
    },
  },
}

describe.each(clients)('a client of %s that leaves', (client) => {
  it.each(Object.entries(phases))('%s: the upstream is told at once', async (_, { begin, isHeard, isStream }) => {
    const { promise: answering, resolve } = Promise.withResolvers<ServerResponse>()
    act = (response) => {
      begin(response)
      resolve(response)
    }
    const socket = open(client, isStream)
    const heard = new Promise((begun) => socket.once('data', begun))
    const response = await answering
    if (isHeard) await heard
    socket.pause()
    await wait(20)
    expect(response.writableFinished || response.destroyed).toBe(false)
    const closed = new Promise((told) => response.on('close', told))
    const leftAt = performance.now()
    socket.destroy()
    await closed
    // A tenth of a second is what is promised; a busy machine gets more.
    expect(performance.now() - leftAt).toBeLessThan(1_000)
  })
})

describe('many at once', () => {
  it('two hundred streams of all kinds end as they should, and nothing is left behind', async () => {
    const sandboxed = await startSandboxGateway()
    const pairs = dialectIds.flatMap((from) => dialectIds.map((to) => ({ from, to })))
    const streams = Array.from({ length: 200 }, async (_, at) => {
      const { from, to } = pairs[at % pairs.length] ?? { from: 'gemini', to: 'gemini' }
      const prompt = `sandbox: words=12 delay=${1 + (at % 5)}ms`
      const answer = await ask(sandboxed.url, requestOf(from, true, prompt, via(to)))
      expect(answer).toMatchObject({ status: 200, isCut: false })
      return formats[from].viewStream(answer.text)
    })
    for (const seen of await Promise.all(streams)) expect(seen).toMatchObject({ stop: 'end' })
    expect(sandboxed.lines.filter(({ record }) => record.outcome !== 'answered')).toEqual([])
    await sandboxed.close()
  })
})
