import { once } from 'node:events'
import { Socket } from 'node:net'
import pg from 'pg'
import type { Row } from '../rows.ts'

/** A way into the database that tells outages from bugs. */
export interface Connection {
  /** @throws Outage, or what PostgreSQL says of a wrong statement. */
  ask(text: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly Row[]; readonly count: number }>
}

/** The database cannot be used at the moment, or somebody else was faster: asking again helps. */
export class Outage extends Error {
  /** Only another transaction was in the way. */
  readonly isCollision: boolean
  constructor(cause: unknown, isCollision = false) {
    super('the database does not answer', { cause })
    this.isCollision = isCollision
  }
}

const int8 = 20

/** How long a statement may take; a request has long been turned away then. */
const statementTimeoutMs = 5_000

export function poolOf(url: string): pg.Pool {
  const opened = new Map<Socket, number>()
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: 2_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    // A process that was cut off in between must not hold accounts until TCP gives up.
    idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
    keepAlive: true,
    stream() {
      const socket = new Socket()
      opened.set(socket, performance.now())
      socket.once('close', () => opened.delete(socket))
      return socket
    },
    options: '-c synchronous_commit=on',
    types: {
      // Whole numbers of 64 bits as bigint, all of them; the rest as always.
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === int8 ? BigInt : pg.types.getTypeParser(oid, format),
    } as pg.CustomTypesConfig,
  })
  // An idle connection that breaks is no news: the next question makes another, or says that it cannot.
  pool.on('error', () => {})
  // Nor is one that breaks between two statements: the next of them says so. Unheard, it would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  const leave = async (askedAtMs: number): Promise<void> => {
    const old = [...opened].flatMap(([socket, atMs]) => (atMs <= askedAtMs ? [socket.destroy()] : []))
    // Until it has heard of it the pool would hand them out.
    await Promise.all(old.map((socket) => once(socket, 'close')))
  }
  ways.set(pool, leave)
  pool.on('connect', (client) => ways.set(client, leave))
  return pool
}

/**
 * Where one connection met silence the others lead into it too: a firewall has forgotten them, a host is gone. So all
 * go that are as old as the question; what was asked over them may be asked again.
 */
const ways = new WeakMap<pg.Pool | pg.PoolClient, (askedAtMs: number) => Promise<void>>()

/** One transaction, whole or not at all. Errors leave nothing behind, except an `Outage` in the commit: that may be either. */
export async function transaction<T>(
  pool: pg.Pool,
  begin: 'BEGIN' | 'BEGIN ISOLATION LEVEL REPEATABLE READ',
  run: (connection: Connection) => Promise<T>,
): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw new Outage(error)
  })
  const connection = connectionOf(client)
  try {
    await connection.ask(begin)
    const result = await run(connection)
    await connection.ask('COMMIT')
    client.release()
    return result
  } catch (error) {
    // The server rolls back what a connection leaves unfinished: no connection is trusted after an error.
    client.release(true)
    throw error
  }
}

export const connectionOf = (client: pg.Pool | pg.PoolClient): Connection => ({
  async ask(text, values = []) {
    const askedAtMs = performance.now()
    try {
      const { rows, rowCount } = await client.query(text, [...values])
      return { rows, count: rowCount ?? 0 }
    } catch (error) {
      const state = sqlStateOf(error)
      if (state === undefined) await ways.get(client)?.(askedAtMs)
      if (state === undefined || outages.test(state)) throw new Outage(error, collisions.has(state ?? ''))
      throw error
    }
  },
})

/** undefined: it never got to PostgreSQL, or the answer never came back. */
const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError && typeof error.code === 'string' ? error.code : undefined

const collisions: ReadonlySet<string> = new Set(['40001', '40P01', '55P03'])

/**
 * Connections, collisions, resources, limits of time, shutdown, disk.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const outages = /^(08|25006|40|53|55P03|57|58)/
