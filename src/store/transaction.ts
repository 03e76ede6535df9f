import type { DatabaseSync } from 'node:sqlite'

/** Whole or not at all. */
export function transaction<T>(database: DatabaseSync, run: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = run()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk ends some transactions by itself.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
