import { Kysely, PostgresDialect } from 'kysely'
import { withoutPassword } from './database-url.ts'
import { patientPool, postgresPool } from './postgres-pool.ts'
import { migrate, type Tables } from './schema.ts'
import { type Store, storeOf } from './store.ts'

/** The ledger has others of its own; a server has room for a hundred by default. */
const connections = 6

/** That can tell which of its transactions are over, as the ledger asks. */
const oldestServer = 13

/**
 * The store in PostgreSQL, shared by any number of processes.
 * @throws Error that says in a line what is wrong and what to do, without the password.
 */
export async function openPostgresStore(url: string): Promise<Store> {
  await prepare(url).catch((error: unknown) => {
    throw told(error, url)
  })
  return storeOf(new Kysely<Tables>({ dialect: new PostgresDialect({ pool: postgresPool(url, connections) }) }))
}

/** Processes that start together take turns: Kysely holds an advisory lock while it changes the schema. */
async function prepare(url: string): Promise<void> {
  const pool = patientPool(url)
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  try {
    const { rows } = await pool.query("SELECT current_setting('server_version_num')::int / 10000 AS version")
    const version = Number(rows[0]?.version)
    if (version < oldestServer) throw new TooOld(version)
    await migrate(db)
  } finally {
    await db.destroy()
    // Where nothing was asked through Kysely it has not taken the pool over.
    if (!pool.ended) await pool.end()
  }
}

class TooOld extends Error {
  constructor(version: number) {
    super(`it is version ${version}, and at least ${oldestServer} is needed`)
  }
}

/** What PostgreSQL and the network say at a start, and what to do about it. */
function told(error: unknown, url: string): Error {
  const code = codeOf(error)
  const where = `the database ${withoutPassword(url)}`
  const advice = advices.find(([pattern]) => pattern.test(code))?.[1]
  if (advice) return new Error(`${where} ${advice}`, { cause: error })
  // The time was over.
  if (code === '' && error instanceof Error && /timeout/i.test(error.message))
    return new Error(`${where} ${unreachable}`, { cause: error })
  return new Error(`${where} cannot be used`, { cause: error })
}

/** The first code in a chain of causes; empty: there is none. */
const codeOf = (error: unknown): string =>
  !(error instanceof Error) ? '' : 'code' in error && typeof error.code === 'string' ? error.code : codeOf(error.cause)

const unreachable = 'cannot be reached: start it, or correct CAUSEWAY_DATABASE_URL'

/** By the code of the error. */
const advices: readonly (readonly [RegExp, string])[] = [
  [/^28/, 'refuses the user: correct the name or the password in CAUSEWAY_DATABASE_URL'],
  [/^3D000$/, 'is not there: create it, or correct its name in CAUSEWAY_DATABASE_URL'],
  [/^42501$/, 'does not let its user create tables: grant it, or name another user in CAUSEWAY_DATABASE_URL'],
  [/^53300$/, 'has no connection left: raise its max_connections, or run fewer servers'],
  [/^57P03$/, 'is not ready yet: start again in a moment'],
  [/^(E[A-Z]+|08...)$/, unreachable],
]
