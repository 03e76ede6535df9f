import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dialectIds } from '../../src/model/dialect.ts'
import { type SeenRequest, startSandbox } from '../../src/sandbox/index.ts'
import { key, startGateway, via } from '../support/gateway.ts'

const models = ['sandbox-1', 'sandbox-thinker', 'sandbox-tools', 'sandbox-echo', 'sandbox-vision']
const narrowKey = 'sk-narrow-0123456789abcdef'

export interface Stage {
  /** Where the tests find what they need, as variables of their environment. */
  readonly environment: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** A gateway with one channel for every format, all answered by one sandbox, and an ear for what that was asked. */
export async function startStage(): Promise<Stage> {
  const asked: SeenRequest[] = []
  const upstream = await startSandbox({ onRequest: (seen) => asked.push(seen) })
  const gateway = await startGateway(configuration(upstream.url))
  const ear = await startEar(asked)
  return {
    environment: {
      CAUSEWAY_URL: gateway.url,
      CAUSEWAY_KEY: key,
      CAUSEWAY_NARROW_KEY: narrowKey,
      CAUSEWAY_ASKED_URL: ear.url,
    },
    close: async () => {
      await gateway.close()
      await upstream.close()
      await ear.close()
    },
  }
}

/** Bodies are limited to more than the sandbox's models read, so that a prompt can be too long in both ways. */
const configuration = (url: string): string => `
sandbox: false
limits: { body_bytes: 2000000 }
channels:${dialectIds
  .map(
    (format) => `
  - name: ${format}
    provider: sandbox
    base_url: ${url}
    keys: [upstream-key]
    dialects: [${format}]
    models: [${models.map((model) => `{ name: ${via(format, model)}, upstream: ${model} }`).join(', ')}]`,
  )
  .join('')}
keys:
  - { name: test, key: ${key} }
  - { name: narrow, key: ${narrowKey}, models: [${dialectIds.map((format) => via(format, 'sandbox-echo')).join(', ')}] }
`

/** Tells over HTTP what the upstreams were asked since it was asked last. */
async function startEar(asked: SeenRequest[]): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(asked.splice(0).map(({ path, body }) => ({ path, body: body ?? null }))))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Listening on a port of the loopback.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
