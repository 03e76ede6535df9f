import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPostgresStore } from '../../src/store/postgres.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { run, type TestDatabase, testDatabase } from './postgres.ts'

/** A kind of store that the same tests run on. */
export interface StoreKind {
  readonly name: string
  /** With nothing in it. */
  empty(): Promise<Store>
  /** After the last test. */
  end(): Promise<void>
}

/** All that there are. */
export const storeKinds = (): readonly StoreKind[] => [memory, file(), postgres()]

const memory: StoreKind = { name: 'SQLite in memory', empty: () => openStore(':memory:'), end: async () => {} }

function file(): StoreKind {
  const directories: string[] = []
  return {
    name: 'SQLite in a file',
    async empty() {
      const directory = mkdtempSync(join(tmpdir(), 'causeway-store-'))
      directories.push(directory)
      return openStore(directory)
    },
    async end() {
      for (const directory of directories) rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** One database, emptied again and again: making one takes longer than most tests. */
function postgres(): StoreKind {
  let database: TestDatabase | undefined
  return {
    name: 'PostgreSQL',
    async empty() {
      database ??= await testDatabase()
      await run(database.url, truncateAll)
      return openPostgresStore(database.url)
    },
    end: async () => database?.end(),
  }
}

const truncateAll = `DO $$ DECLARE names text; BEGIN
  SELECT string_agg(quote_ident(tablename), ', ') INTO names FROM pg_tables
    WHERE schemaname = 'public' AND tablename NOT LIKE 'kysely%';
  IF names IS NOT NULL THEN EXECUTE 'TRUNCATE ' || names; END IF;
END $$`
