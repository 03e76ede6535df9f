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
  /** All is as before; what was said into the silence arrives late. */
  mend(): Promise<void>
  close(): Promise<void>
}

/** A road over the loopback to where a URL leads. */
export async function roadTo({ hostname, port: target }: URL): Promise<Road> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let isFrozen = false
  const join = ([near, far]: readonly [Socket, Socket]): void => {
    near.pipe(far)
    far.pipe(near)
  }
  const server: Server = createServer((near) => {
    const far = connect(Number(target), hostname)
    const pair = [near, far] as const
    pairs.add(pair)
    if (!isFrozen) join(pair)
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
    async mend() {
      if (isFrozen) for (const pair of pairs) join(pair)
      isFrozen = false
      if (!server.listening) await listen(port)
    },
    close: stop,
  }
}
