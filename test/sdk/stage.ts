import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import type { DialectId } from '../../src/model/dialect.ts'
import { envelopeMark } from '../../src/model/envelope.ts'
import { type RunningSandbox, type SandboxOptions, sandbox } from '../../src/sandbox/index.ts'
import type { Json } from '../support/formats/format.ts'
import { type SandboxGateway, startSandboxGateway } from '../support/gateway.ts'
import { upstreams } from './upstreams.ts'

/** What an upstream was asked. */
export interface Seen {
  readonly path: string
  readonly body: Json
}

/** A gateway before sandboxes of every format, and ears for what the upstreams see. */
export interface Stage extends SandboxGateway {
  /** What the upstreams were asked since this was called last. */
  takeSeen(): readonly Seen[]
  /** Resolves when an upstream is asked next; when an answer of it is next broken off by who listens. */
  next(event: 'asked' | 'aborted'): Promise<unknown>
}

export async function startStage(): Promise<Stage> {
  const events = new EventEmitter()
  const gateway = await startSandboxGateway('', (options = {}) => startWatched(options, events))
  let taken = 0
  return {
    ...gateway,
    takeSeen() {
      const seen = gateway.asked.slice(taken)
      taken = gateway.asked.length
      // Every upstream here is asked in JSON objects; listings have no body.
      return seen.map(({ path, body }) => ({ path, body: (body ?? {}) as Json }))
    },
    next: (event) => once(events, event),
  }
}

/** The sandbox on a port of its own, telling of answers that nobody heard to their end. */
async function startWatched(options: SandboxOptions, events: EventEmitter): Promise<RunningSandbox> {
  const { handle } = sandbox(options)
  const server = createServer((request, response) => {
    response.on('close', () => response.writableFinished || events.emit('aborted'))
    handle(request, response)
    events.emit('asked')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Listening on a port of the loopback.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/**
 * The upstream got its own reasoning state back with the last request, as much as it had minted in one turn; and nothing
 * that was sealed for a client ever reached it.
 */
export function expectOwnState(seen: readonly Seen[], upstream: DialectId): void {
  const { statesIn, statesInTurn } = upstreams[upstream]
  const states = statesIn(seen.at(-1)?.body ?? {})
  expect(states).toHaveLength(statesInTurn)
  expect(JSON.stringify(seen)).not.toContain(envelopeMark)
}
