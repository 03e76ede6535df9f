import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}

const tries = 100
const betweenTriesMs = 100

/** Waits until something listens there. @throws Error when nothing does after 10 s. */
export async function listening(port: number): Promise<void> {
  for (let left = tries; left > 0; left--) {
    if (await accepts(port)) return
    await wait(betweenTriesMs)
  }
  throw new Error(`nothing listens on port ${port}`)
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
