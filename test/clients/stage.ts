import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { type SeenRequest, sandboxModels, startSandbox } from '../../src/sandbox/index.ts'
import { key, startGateway, via } from '../support/gateway.ts'

/** A request that the gateway was asked, and how it answered. */
export interface Answered {
  readonly method: string
  readonly path: string
  readonly status: number
}

/** A gateway with the sandbox behind it in all four formats, for one run of one tool. */
export interface Stage {
  readonly url: string
  readonly key: string
  /** What the upstreams were asked, in order. */
  readonly asked: readonly SeenRequest[]
  /** What the tool was answered. */
  readonly answered: readonly Answered[]
  close(): Promise<void>
}

/** `aliases` are the names by which the tool's key knows models. */
export async function openStage(aliases: Readonly<Record<string, string>>): Promise<Stage> {
  const asked: SeenRequest[] = []
  const answered: Answered[] = []
  const upstream = await startSandbox({ onRequest: (seen) => asked.push(seen) })
  const gateway = await startGateway(configuration(upstream.url, aliases))
  gateway.app.server.server.prependListener('request', ({ method = '', url: path = '' }, response) => {
    response.once('close', () => answered.push({ method, path, status: response.statusCode }))
  })
  return {
    url: gateway.url,
    key,
    asked,
    answered,
    close: async () => {
      await gateway.close()
      await upstream.close()
    },
  }
}

// JSON is YAML.
const configuration = (url: string, aliases: Readonly<Record<string, string>>): string =>
  JSON.stringify({
    sandbox: false,
    channels: dialectIds.map((format: DialectId) => ({
      name: format,
      provider: 'sandbox',
      base_url: url,
      keys: ['upstream-key'],
      dialects: [format],
      models: sandboxModels.map(({ id }) => ({ name: via(format, id), upstream: id })),
    })),
    keys: [{ name: 'test', key, aliases }],
  })

/** The way to everything outside the loopback: it leads nowhere, and remembers who tried. */
export interface Wall {
  readonly url: string
  readonly tried: readonly string[]
  close(): void
}

export async function buildWall(): Promise<Wall> {
  const tried: string[] = []
  const server = createServer(({ url }, response) => {
    tried.push(url ?? '')
    response.writeHead(403).end()
  })
  server.on('connect', ({ url }, socket) => {
    tried.push(url ?? '')
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Listening on a port of the loopback.
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, tried, close: () => void server.close() }
}
