import { type IncomingHttpHeaders, request } from 'node:http'
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The connection broke before the answer was complete; `text` is what there was. */
  readonly isCut: boolean
}

export interface RawQuestion {
  readonly method?: string
  readonly path: string
  /** An empty value is sent as an empty header. */
  readonly headers?: Readonly<Record<string, string>>
  /** Pieces are sent chunked, without a length. */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[]
}

/** One request over a connection of its own, with exactly these headers and bytes. */
export function ask(url: string, { body, headers, method = 'POST', path }: RawQuestion): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const outgoing = request({ hostname, port, method, path, agent: false, headers: { ...headers } })
    let isAnswered = false
    outgoing.on('response', (response) => {
      isAnswered = true
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      // A cut is an error event and a close; what counts is told below.
      response.on('error', () => {})
      response.on('close', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
          isCut: !response.complete,
        }),
      )
    })
    // A server that refuses a body closes the connection while it is being sent: the answer counts.
    outgoing.on('error', (error) => isAnswered || reject(error))
    if (Array.isArray(body)) {
      for (const piece of body) outgoing.write(piece)
      outgoing.end()
    } else outgoing.end(body)
  })
}

export interface Talk {
  readonly socket: Socket
  /** All that came until the other side closed. */
  readonly ended: Promise<string>
}

/** Writes bytes to a bare connection. */
export function talk(url: string, bytes: string | Uint8Array): Talk {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  // A reset ends the talk as a close does.
  socket.on('error', () => {})
  socket.write(bytes)
  return {
    socket,
    ended: new Promise((resolve) => socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')))),
  }
}
