import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { startPostgres } from './postgres-server.ts'
import { sharedPostgres } from './postgres-shared.ts'

export interface TestDatabase {
  readonly url: string
  end(): Promise<void>
}

/**
 * An empty database: on the server that `CAUSEWAY_TEST_DATABASE_URL` names (whose user may create databases), else on the one
 * that all files of a test run share, else on one of our own that ends with this.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const given = process.env.CAUSEWAY_TEST_DATABASE_URL
  if (given) return databaseOn(given, async () => {})
  const broker = process.env[sharedPostgres]
  if (broker) return databaseOn(await askFor(broker), async () => {})
  const server = await startPostgres()
  return databaseOn(server.url, server.remove)
}

async function askFor(broker: string): Promise<string> {
  const answer = await fetch(broker)
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return text
}

/** An empty database of a server. */
export async function databaseOn(server: string, then: () => Promise<void>): Promise<TestDatabase> {
  const name = `causeway_test_${process.pid}_${randomBytes(4).toString('hex')}`
  await run(server, `CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    async end() {
      await run(server, `DROP DATABASE ${name} WITH (FORCE)`)
      await then()
    },
  }
}

/** Asks a database one thing, over a connection of its own. */
export async function run(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
