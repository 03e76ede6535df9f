import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { StallLoad } from './job.ts'

/** Clients that send a whole request and do not read one byte. Answers with what ends them all. */
export async function stalled({ clients, exchange, origin }: StallLoad): Promise<() => Promise<void>> {
  const { hostname, port } = new URL(origin)
  const headers = {
    host: `${hostname}:${port}`,
    'content-length': Buffer.byteLength(exchange.body),
    ...exchange.headers,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = `POST ${exchange.path} HTTP/1.1\r\n${lines.join('')}\r\n${exchange.body}`
  const open = async (): Promise<Socket> => {
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.pause()
    socket.write(request)
    return socket
  }
  const sockets = await Promise.all(Array.from({ length: clients }, open))
  return async () => {
    for (const socket of sockets) socket.destroy()
  }
}
