import { join } from 'node:path'
import { Kysely, PostgresDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { migrations } from '../../src/store/migrations/index.ts'
import { storeIn } from '../../src/store/open.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { testDatabase } from '../support/postgres.ts'
import { temporaryDirectory } from '../support/program.ts'

/** As the key table was before former values had ends of their own. */
interface Before {
  keys: Record<string, unknown>
}

async function stopBefore(db: Kysely<Before>, step: string): Promise<void> {
  const earlier = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < step))
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => earlier } }).migrateToLatest()
  if (error) throw error
}

const key = (id: string, previous: string | null, until: number | null) => ({
  ...{ id, name: id, hash: `hash-${id}`, hint: 'h', models: '["*"]', aliases: '[]', source: 'api', created_at: 1 },
  ...{ account: 'acc_default', scope: '{}', previous_hash: previous, previous_until: until },
})

const engines = {
  SQLite: async (directory: string) => ({
    dialect: openSqlite(join(directory, 'causeway.db')).dialect,
    place: { dataDirectory: directory },
    end: async () => {},
  }),
  PostgreSQL: async (directory: string) => {
    const { end, url } = await testDatabase()
    const dialect = new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) })
    return { dialect, place: { dataDirectory: directory, databaseUrl: url }, end }
  },
} as const

describe.each(Object.entries(engines))('keys that were rotated before the change of the schema, in %s', (_, engine) => {
  it('count on as long as they were promised', async () => {
    const directory = temporaryDirectory()
    const { dialect, end, place } = await engine(directory.path)
    const db = new Kysely<Before>({ dialect })
    await stopBefore(db, '011')
    await db
      .insertInto('keys')
      .values([key('rotated', 'before', 4_102_444_800_000), key('never', null, null)])
      .execute()
    await db.destroy()
    const store = await storeIn(place)
    expect((await store.keys.find('rotated'))?.former).toEqual([{ hash: 'before', untilMs: 4_102_444_800_000 }])
    expect((await store.keys.find('never'))?.former).toBeUndefined()
    await store.close()
    await end()
    directory.remove()
  })
})
