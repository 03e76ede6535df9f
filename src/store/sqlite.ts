import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely'

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
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON')
  return { dialect: new SqliteDialect({ database: asKyselyDatabase(database) }), database }
}

const asKyselyDatabase = (database: DatabaseSync): SqliteDatabase => ({
  close: () => database.close(),
  prepare: (sql) => asKyselyStatement(database.prepare(sql)),
})

// Kysely hands over values that its compiler took from typed queries: numbers, strings, null, bytes.
const bound = (values: readonly unknown[]): SQLInputValue[] => values as SQLInputValue[]

function asKyselyStatement(statement: StatementSync): SqliteStatement {
  // Money goes beyond 2^53, and SQLite's driver throws at a number that it cannot hold.
  statement.setReadBigInts(true)
  return {
    reader: statement.columns().length > 0,
    all: (values) => statement.all(...bound(values)).map(withNumbers),
    run: (values) => statement.run(...bound(values)),
    iterate: (values) => statement.iterate(...bound(values)).map(withNumbers),
  }
}

/** Integers that fit are numbers; only those that do not stay bigints. */
function withNumbers(row: Record<string, unknown>): Record<string, unknown> {
  for (const [column, value] of Object.entries(row))
    if (typeof value === 'bigint' && BigInt.asIntN(54, value) === value) row[column] = Number(value)
  return row
}
