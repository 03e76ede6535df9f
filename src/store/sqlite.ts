import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely'
import { openingFault, sqliteFault } from './sqlite-fault.ts'

/** How long a statement waits for another process to let go of the file. */
const lockTimeoutMs = 5_000

/**
 * Node's own SQLite behind the interface that Kysely's dialect asks for.
 * `synchronous=FULL` because money will be written here; WAL so that readers never wait for a writer.
 * @throws Error when the file cannot be opened.
 */
export function openSqlite(path: string): { dialect: SqliteDialect; database: DatabaseSync } {
  // The time to wait for another process counts from the first statement on: turning WAL on takes a lock of its own.
  const database = new DatabaseSync(path, { timeout: lockTimeoutMs })
  try {
    database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON')
  } catch (error) {
    database.close()
    throw openingFault(error, path)
  }
  return { dialect: new SqliteDialect({ database: asKyselyDatabase(database, path) }), database }
}

/** @throws StoreOutage when the file cannot be used at the moment. */
function told<T>(path: string, ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    throw sqliteFault(error, path)
  }
}

const asKyselyDatabase = (database: DatabaseSync, path: string): SqliteDatabase => ({
  close: () => database.close(),
  prepare: (sql) => {
    const text = isOver(database, sql) ? 'select 1' : sql
    return asKyselyStatement(
      told(path, () => database.prepare(text)),
      path,
    )
  },
})

/** A full disk ends a transaction by itself, and rolling back what has ended would hide why it did. */
const isOver = (database: DatabaseSync, sql: string): boolean => sql === 'rollback' && !database.isTransaction

// Kysely hands over values that its compiler took from typed queries: numbers, strings, null, bytes.
const bound = (values: readonly unknown[]): SQLInputValue[] => values as SQLInputValue[]

function asKyselyStatement(statement: StatementSync, path: string): SqliteStatement {
  // Money goes beyond 2^53, and SQLite's driver throws at a number that it cannot hold.
  statement.setReadBigInts(true)
  return {
    reader: statement.columns().length > 0,
    all: (values) => told(path, () => statement.all(...bound(values)).map(withNumbers)),
    run: (values) => told(path, () => statement.run(...bound(values))),
    iterate: (values) => statement.iterate(...bound(values)).map(withNumbers),
  }
}

/** Integers that fit are numbers; only those that do not stay bigints. */
function withNumbers(row: Record<string, unknown>): Record<string, unknown> {
  for (const [column, value] of Object.entries(row))
    if (typeof value === 'bigint' && BigInt.asIntN(54, value) === value) row[column] = Number(value)
  return row
}
