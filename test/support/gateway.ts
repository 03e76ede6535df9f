import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type App, type AppOptions, makeApp } from '../../src/app.ts'
import { checkConfig } from '../../src/config.ts'
import { dialectIds, type UpstreamFormat } from '../../src/model/dialect.ts'
import type { Log } from '../../src/relay/relay.ts'
import { type SeenRequest, startSandbox } from '../../src/sandbox/index.ts'
import { storeUnderTest } from './store-under-test.ts'

export const key = 'sk-test-0123456789abcdef'

/** A line that the gateway logged: the record and its message. */
export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly record: Record<string, unknown>
}

export interface Gateway {
  readonly url: string
  readonly app: App
  readonly lines: readonly Line[]
  close(): Promise<void>
}

/** A gateway on a free port of the loopback, keeping nothing. `yaml` is its configuration. */
export async function startGateway(
  yaml: string,
  environment: Record<string, string> = {},
  options: AppOptions = {},
): Promise<Gateway> {
  // Upstreams that tests make up have no list price.
  const isPriced = /^prices:/m.test(yaml) || yaml.startsWith('{')
  const file = isPriced ? yaml : `${yaml}\nprices: [{ model: "*", free: true }]`
  const place = await storeUnderTest()
  const told = { ...place.environment, ...environment }
  const checked = checkConfig({ file, environment: told, flags: { port: '0', data: ':memory:' } })
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('\n'))
  const lines: Line[] = []
  const app = await makeApp(checked.config, { log: listening(lines), ...options })
  const url = await app.server.listen({ host: '127.0.0.1', port: 0 })
  return { url, app, lines, close: () => app.close().finally(place.end) }
}

function listening(lines: Line[]): Log {
  const at = (level: Line['level']) => (record: unknown) => {
    // The relay logs objects; pino's other overloads are not used by it.
    lines.push({ level, record: record as Record<string, unknown> })
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** The name under which `model` of the sandbox is asked in `format`. */
export const via = (format: UpstreamFormat, model = 'sandbox-1'): string => `${format}/${model}`

export interface SandboxGateway extends Gateway {
  /** What the upstreams were asked, in order. */
  readonly asked: readonly SeenRequest[]
}

/** A gateway with one channel for every dialect, all answered by one sandbox; models as `via` names them. */
export async function startSandboxGateway(
  more = '',
  start = startSandbox,
  keys = `[{ name: test, key: ${key} }]`,
): Promise<SandboxGateway> {
  const asked: SeenRequest[] = []
  const upstream = await start({ onRequest: (seen) => asked.push(seen) })
  const models = ['sandbox-1', 'sandbox-thinker', 'sandbox-tools', 'sandbox-echo', 'sandbox-vision']
  const channels = dialectIds.map(
    (format) => `
  - name: ${format}
    provider: sandbox
    base_url: ${upstream.url}
    keys: [upstream-key]
    dialects: [${format}]
    models: [${models.map((model) => `{ name: ${via(format, model)}, upstream: ${model} }`).join(', ')}]`,
  )
  const gateway = await startGateway(`
sandbox: false
channels:${channels.join('')}
keys: ${keys}
${more}`)
  return {
    ...gateway,
    asked,
    close: async () => {
      await gateway.close()
      await upstream.close()
    },
  }
}

export interface FakeUpstream {
  readonly url: string
  /** Bodies and paths as they came. */
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: string }[]
  close(): Promise<void>
}

/** An upstream that answers as the test says. */
export async function startUpstream(
  answer: (response: ServerResponse, asked: { path: string; body: string }) => void,
): Promise<FakeUpstream> {
  const asked: FakeUpstream['asked'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const seen = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() }
      asked.push(seen)
      answer(response, seen)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Listening on a port of the loopback.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
