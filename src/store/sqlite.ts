import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely'
import { openDatabaseFile } from './database-file.ts'
import { sqliteFault } from './sqlite-fault.ts'

/**
 * Node's own SQLite behind the interface that Kysely's dialect asks for.
 * @throws Error when the file cannot be opened.
 */
export function openSqlite(path: string): { dialect: SqliteDialect; database: DatabaseSync } {
  const database = openDatabaseFile(path)
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
