import { Socket } from 'node:net'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { StoreOutage } from './outage.ts'

/** How long a connection is waited for, a new one or one that others use. */
const connectionTimeoutMs = 2_000
/** How long a statement may take. */
const statementTimeoutMs = 5_000
/** Beyond the server's own limit: then it does not answer at all. */
const answerTimeoutMs = 6_000

/** What a process held when it was cut off holds up the others no longer than this. */
const abandonedAfterMs = 10_000

const farewellMs = 1_000

const int8 = 20

/**
 * Connections to PostgreSQL that are waited for with bounds, and thrown away when one did not answer.
 * What is asked through it throws `StoreOutage`, or what PostgreSQL says of a wrong statement.
 */
export function postgresPool(url: string, connections: number): PostgresPool {
  let pool = poolOf(url, connections)
  /** Where one connection met silence the others lead into it too: a firewall has forgotten them, a host is gone. */
  const leave = (silent: Pool): void => {
    if (pool !== silent) return
    pool = poolOf(url, connections)
    void end(silent)
  }
  return { options: pool.options, connect: () => clientOf(pool, leave), end: () => end(pool) }
}

interface Pool extends pg.Pool {
  /** Of its connections. */
  readonly sockets: ReadonlySet<Socket>
}

/** Says good-bye, and does not wait long for an answer: silent connections would keep the process alive. */
async function end(pool: Pool): Promise<void> {
  const hangUp = setTimeout(() => {
    for (const socket of pool.sockets) socket.destroy()
  }, farewellMs)
  await pool.end()
  clearTimeout(hangUp)
}

function poolOf(url: string, connections: number): Pool {
  const sockets = new Set<Socket>()
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectionTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: answerTimeoutMs,
    idle_in_transaction_session_timeout: abandonedAfterMs,
    keepAlive: true,
    stream() {
      const socket = new Socket()
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
    types: { getTypeParser } as pg.CustomTypesConfig,
  })
  hush(pool)
  return Object.assign(pool, { sockets })
}

/** One connection without a limit of time: a step of the schema takes as long as it takes. */
export function patientPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: connectionTimeoutMs })
  hush(pool)
  return pool
}

/** A connection that breaks while nobody uses it is no news: the next question makes another, or says that it cannot. */
function hush(pool: pg.Pool): void {
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
}

/** Whole numbers of 64 bits as SQLite's driver gives them: numbers where they fit, else bigints. */
const getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === int8 ? readInt8 : pg.types.getTypeParser(oid, format)

function readInt8(text: string): number | bigint {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

async function clientOf(pool: Pool, leave: (pool: Pool) => void): Promise<PostgresPoolClient> {
  const client = await pool.connect().catch((error: unknown) => {
    throw new StoreOutage(error)
  })
  let broken: StoreOutage | undefined
  const query = async (text: string, values: readonly unknown[]) => {
    // It would wait for the answer to the question before.
    if (broken) throw broken
    try {
      return await client.query(text, values.map(writable))
    } catch (error) {
      if (!isOutage(error)) throw error
      broken = new StoreOutage(error)
      if (!(error instanceof pg.DatabaseError)) leave(pool)
      throw broken
    }
  }
  return {
    // Kysely asks with cursors, the other way to call this, only where it was given some.
    query: query as unknown as PostgresPoolClient['query'],
    release: (isToGo) => client.release(isToGo === true || broken !== undefined),
  }
}

/** PostgreSQL has no text with the character 0. Names with it are looked for all the same, and found nowhere. */
const writable = (value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value)

/** Without a code of five letters it never got there, or the answer never came back. */
const isOutage = (error: unknown): boolean =>
  !(error instanceof pg.DatabaseError && typeof error.code === 'string') || outages.test(error.code)

/**
 * Connections, collisions, resources, limits of time, shutdown, disk.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const outages = /^(08|25006|40|53|55P03|57|58)/
