import { DatabaseSync } from 'node:sqlite'
import { openingFault } from './sqlite-fault.ts'

/** How long a statement waits for another process to let go of the file. */
const lockTimeoutMs = 5_000

/**
 * `synchronous=FULL` because money is written here; WAL so that readers never wait for a writer.
 * @throws Error when the file cannot be opened.
 */
export function openDatabaseFile(path: string): DatabaseSync {
  // The time to wait for another process counts from the first statement on: turning WAL on takes a lock of its own.
  const database = new DatabaseSync(path, { timeout: lockTimeoutMs })
  try {
    database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON')
    return database
  } catch (error) {
    database.close()
    throw openingFault(error, path)
  }
}
