import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Makes a data directory the one of this server until the returned function is called or the process ends, however it
 * ends. Node has no file locks of its own; SQLite's are the system's. Commands do not ask for it: they work beside a server.
 * @throws Error when another server has it.
 */
export function lockDirectory(directory: string): () => void {
  if (directory === ':memory:') return () => {}
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const lock = new DatabaseSync(join(directory, 'server.lock'))
  try {
    lock.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    throw new Error(
      `another server has the data directory ${directory}: stop it, or give this one a directory of its own with --data`,
      { cause: error },
    )
  }
  return () => lock.close()
}
