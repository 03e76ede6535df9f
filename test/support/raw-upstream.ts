import { type AddressInfo, createServer, type Socket } from 'node:net'

/** Answers one request with whatever bytes it likes, well-formed or not. */
export type Script = (socket: Socket) => void

export interface RawUpstream {
  readonly url: string
  /** What was asked, from the request line on. */
  readonly asked: string[]
  /** What is answered to requests whose path begins so and that hold `mark` anywhere. */
  says(prefix: string, mark: string, script: Script): void
  close(): Promise<void>
}

/** An upstream without manners: it reads a request and hands the bare socket to a script. One request a connection. */
export async function startRawUpstream(): Promise<RawUpstream> {
  const scripts: { readonly prefix: string; readonly mark: string; readonly script: Script }[] = []
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // Gateways hang up on bad answers.
    socket.on('error', () => {})
    let text = ''
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      if (!isWhole(text)) return
      socket.off('data', read).resume()
      asked.push(text)
      const found = scripts.findLast(({ mark, prefix }) => text.startsWith(`POST ${prefix}`) && text.includes(mark))
      if (found) found.script(socket)
      else socket.destroy()
    }
    socket.on('data', read)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Listening on a port of the loopback.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    says: (prefix, mark, script) => void scripts.push({ prefix, mark, script }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Whether head and body are there. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0)
  return end >= 0 && text.length >= end + 4 + length
}

/** Status line and headers; the connection is not used again. */
export const head = (status: number, headers: Readonly<Record<string, string | number>> = {}): string =>
  `HTTP/1.1 ${status} X\r\n${Object.entries({ ...headers, connection: 'close' })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`

/** A whole answer with an honest length. */
export const wholly =
  (status: number, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Script =>
  (socket) => {
    const bytes = Buffer.from(body)
    socket.write(head(status, { 'content-type': 'application/json', ...headers, 'content-length': bytes.length }))
    socket.end(bytes)
  }

/** One piece of a body whose length was not said; the empty one ends it. */
export const chunk = (bytes: string | Uint8Array): Buffer => {
  const data = Buffer.from(bytes)
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')])
}

export type End =
  /** As a good server ends. */
  | 'close'
  /** The connection goes in the middle of the body. */
  | 'break'
  /** Nothing more comes. */
  | 'stay'
  /** Our direction is closed in the middle of the body, the other stays open. */
  | 'half'

/** Pieces of a body without a length, each a write of its own, and an end. */
export const pieces =
  (type: string, texts: readonly (string | Uint8Array)[], end: End): Script =>
  (socket) => {
    socket.write(head(200, { 'content-type': type, 'transfer-encoding': 'chunked' }))
    for (const text of texts) if (text.length > 0) socket.write(chunk(text))
    if (end === 'close') socket.end(chunk(''))
    if (end === 'break') socket.destroySoon()
    if (end === 'half') socket.end()
  }
