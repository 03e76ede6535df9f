import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SeenRequest } from './exchange.ts'
import { prefixCache } from './prefix-cache.ts'
import { serve } from './serve.ts'
import { tally } from './tally.ts'

export type { SeenRequest } from './exchange.ts'
export { type SandboxModel, sandboxModels } from './models.ts'

/** Time for the sandbox, and ears for a test. */
export interface SandboxOptions {
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** Waits between two words where a prompt asks for it. */
  readonly pause?: (ms: number) => Promise<void>
  /** Told of every request that has a key and, where it needs one, a body. */
  readonly onRequest?: (seen: SeenRequest) => void
  /** Told when the sandbox itself has failed on a request. */
  readonly report?: (error: unknown) => void
}

/** The built-in upstream: deterministic models behind all four formats. It keeps no record of what it is asked. */
export interface Sandbox {
  handle(request: IncomingMessage, response: ServerResponse): void
}

/** Makes a sandbox to mount in a server. */
export function sandbox({
  clock = Date.now,
  pause = sleep,
  report = console.error,
  onRequest,
}: SandboxOptions = {}): Sandbox {
  const surroundings = { clock, pause, cache: prefixCache(), refusals: tally(), ...(onRequest && { onRequest }) }
  return {
    handle(request, response) {
      serve(request, response, surroundings).catch((error: unknown) => {
        // A bug in the sandbox must not look like an answer.
        report(error)
        response.destroy()
      })
    },
  }
}

/** A sandbox on a port of its own. */
export interface RunningSandbox {
  /** Without a slash at its end. */
  readonly url: string
  /** Ends all connections, also those that the sandbox was told to leave silent. */
  close(): Promise<void>
}

export interface ListenOptions extends SandboxOptions {
  readonly host?: string
  /** 0 takes any free port. */
  readonly port?: number
}

export async function startSandbox({
  host = '127.0.0.1',
  port = 0,
  ...options
}: ListenOptions = {}): Promise<RunningSandbox> {
  const server = createServer(sandbox(options).handle)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  // A server that listens on a port has an address with a port.
  const address = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
