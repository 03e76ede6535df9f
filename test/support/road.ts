import { connect, createServer, type Server, type Socket } from 'node:net'

/** The way to a server, which can be cut and frozen. */
export interface Road {
  readonly port: number
  /** As when the server dies: connections break, new ones are refused. */
  cut(): Promise<void>
  /** As when a cable is pulled: nothing comes through, and nobody is told. */
  freeze(): void
  /** As when a firewall has forgotten: old connections stay silent, new ones pass. */
  forget(): void
  /** As when the server is overloaded: so long after it has answered, the answer comes. */
  slow(delayMs: number): void
  /** As when a server fails over at the worst moment: it hears these words and does as they say, and the connection breaks. */
  breakAfter(words: string): void
  /** How often it did. */
  readonly broken: number
  /** All is as before; what was said into the silence arrives late. */
  mend(): Promise<void>
  close(): Promise<void>
}

/** A road over the loopback to where a URL leads. */
export async function roadTo({ hostname, port: target }: URL): Promise<Road> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let isFrozen = false
  let delayMs = 0
  let last: string | undefined
  let broken = 0
  const join = ([near, far]: readonly [Socket, Socket]): void => {
    near.pipe(far)
    far.pipe(near)
  }
  const slowDown = ([near, far]: readonly [Socket, Socket]): void => {
    far.unpipe(near)
    far.on('data', (chunk: Buffer) => setTimeout(() => near.writable && near.write(chunk), delayMs)).resume()
  }
  const listenFor = ([near, far]: readonly [Socket, Socket]): void => {
    near.on('data', (chunk: Buffer) => {
      if (last === undefined || !chunk.includes(last)) return
      far.unpipe(near)
      const breakOff = (): void => {
        broken++
        near.destroy()
      }
      far.once('data', breakOff).resume()
    })
  }
  const server: Server = createServer((near) => {
    const far = connect(Number(target), hostname)
    const pair = [near, far] as const
    pairs.add(pair)
    if (!isFrozen) join(pair)
    if (delayMs > 0) slowDown(pair)
    if (last !== undefined) listenFor(pair)
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('error', () => {})
      one.on('close', () => {
        other.destroy()
        pairs.delete(pair)
      })
    }
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the road has no port')
  const { port } = address
  const stop = (): Promise<void> => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
    return new Promise((resolve) => (server.listening ? server.close(() => resolve()) : resolve()))
  }
  return {
    port,
    cut: stop,
    freeze() {
      isFrozen = true
      for (const pair of pairs) for (const socket of pair) socket.unpipe().pause()
    },
    forget() {
      isFrozen = false
    },
    slow(by) {
      delayMs = by
      for (const pair of pairs) slowDown(pair)
    },
    breakAfter(words) {
      last = words
      for (const pair of pairs) listenFor(pair)
    },
    get broken() {
      return broken
    },
    async mend() {
      last = undefined
      // Connections that were slow stay on their way, and are not any more.
      delayMs = 0
      if (isFrozen) for (const pair of pairs) join(pair)
      isFrozen = false
      if (!server.listening) await listen(port)
    },
    close: stop,
  }
}
