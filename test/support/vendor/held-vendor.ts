import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import type { DialectId } from '../../../src/model/dialect.ts'
import { outputTokens, type Phase, type VendorAnswer } from './answer.ts'
import { vendorFormats } from './formats.ts'

/** Where an answer stops and waits for what happens. `head`: nothing of it has left; `body`: half of a whole answer has. */
export type Hold = 'head' | 'body' | Exclude<Phase, 'start'>

/** One request that the vendor was asked. */
export interface HeldAnswer {
  readonly response: ServerResponse
  /** What the vendor has made of it by then. */
  readonly outputTokens: number
  /** The connection is closed, by whomever. */
  readonly closed: Promise<void>
  /** Says the rest. */
  goOn(): void
}

export interface HeldVendor {
  readonly url: string
  /** How many connections it has. */
  readonly connections: number
  /** Says how the next request is answered; resolves when it has come and its answer has got so far. */
  next(format: DialectId, answer: VendorAnswer, hold: Hold): Promise<HeldAnswer>
  close(): Promise<void>
}

/** A vendor that stops wherever a test wants it to. */
export async function startHeldVendor(): Promise<HeldVendor> {
  let next: ((path: string, body: string, response: ServerResponse) => void) | undefined
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => next?.(request.url ?? '', Buffer.concat(chunks).toString(), response))
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Listening on a port of the loopback.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return sockets.size
    },
    next: (format, answer, hold) =>
      new Promise((resolve) => {
        next = (path, body, response) => {
          next = undefined
          resolve(answerUpTo({ format, answer, hold, response, isStream: vendorFormats[format].isStream(path, body) }))
        }
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Held {
  readonly format: DialectId
  readonly answer: VendorAnswer
  readonly hold: Hold
  readonly response: ServerResponse
  readonly isStream: boolean
}

function answerUpTo({ answer, format, hold, isStream, response }: Held): HeldAnswer {
  const closed = new Promise<void>((resolve) => response.on('close', () => resolve()))
  const pieces = isStream
    ? streamed(format, answer, hold)
    : halved(JSON.stringify(vendorFormats[format].whole(answer)), hold, outputTokens(answer))
  const type = isStream ? 'text/event-stream' : 'application/json'
  if (hold !== 'head') {
    response.writeHead(200, { 'content-type': type })
    response.write(pieces.before)
  }
  if (hold === 'end') response.end()
  return {
    response,
    closed,
    outputTokens: pieces.outputTokens,
    goOn() {
      if (!response.headersSent) response.writeHead(200, { 'content-type': type })
      response.end(pieces.after)
    },
  }
}

interface Halves {
  readonly before: string
  readonly after: string
  readonly outputTokens: number
}

const halved = (text: string, hold: Hold, made: number): Halves => {
  const at = hold === 'end' ? text.length : hold === 'head' ? 0 : Math.floor(text.length / 2)
  return { before: text.slice(0, at), after: text.slice(at), outputTokens: hold === 'head' ? 0 : made }
}

const phases: readonly Phase[] = ['start', 'thinking', 'content', 'usage', 'end']

/** All of the phases before, and half of this one where it has several pieces. */
function streamed(format: DialectId, answer: VendorAnswer, hold: Hold): Halves {
  const pieces = vendorFormats[format].stream(answer)
  if (hold === 'head' || hold === 'body') return { before: '', after: textOfAll(pieces), outputTokens: 0 }
  const reached = phases.indexOf(hold)
  const earlier = pieces.filter(({ phase }) => phases.indexOf(phase) < reached)
  const present = pieces.filter(({ phase }) => phase === hold)
  const count = earlier.length + Math.ceil(present.length / 2)
  return {
    before: textOfAll(pieces.slice(0, count)),
    after: textOfAll(pieces.slice(count)),
    outputTokens: pieces[count - 1]?.outputTokens ?? 0,
  }
}

const textOfAll = (pieces: readonly { readonly text: string }[]): string => pieces.map(({ text }) => text).join('')

export interface SilentVendor {
  /** As many addresses as one likes: who waits for a connection asks for no second one to the same. */
  url(at: number): string
  /** Resolves when somebody connects. */
  connected(): Promise<void>
  close(): Promise<void>
}

/** Takes connections and says nothing, so that those who want TLS of it stay at their handshake. */
export async function startSilentVendor(): Promise<SilentVendor> {
  const sockets = new Set<Socket>()
  let tell: (() => void) | undefined
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    // Whoever gives up resets.
    socket.on('error', () => {})
    socket.once('data', () => tell?.())
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  // Listening on a port.
  const { port } = server.address() as AddressInfo
  return {
    url: (at) => `https://127.0.1.${at + 1}:${port}`,
    connected: () =>
      new Promise((resolve) => {
        tell = resolve
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
