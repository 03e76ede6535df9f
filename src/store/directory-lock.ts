import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Makes a data directory the one of this server until the returned function is called or the process ends, however it
 * ends. Node has no file locks of its own; SQLite's are the system's. Commands do not ask for it: they work beside a server.
 * @throws Error when another server has it.
 */
export const lockDirectory = (directory: string): (() => void) =>
  lockIn(
    directory,
    'server.lock',
    `another server has the data directory ${directory}: stop it, or give this one a directory of its own with --data`,
  )

/**
 * One rotation of the master key at a time.
 * @throws Error when another is under way.
 */
export const lockRotation = (directory: string): (() => void) =>
  lockIn(directory, 'rotation.lock', `the master key of ${directory} is being rotated already`)

function lockIn(directory: string, name: string, taken: string): () => void {
  if (directory === ':memory:') return () => {}
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const lock = new DatabaseSync(join(directory, name))
  try {
    lock.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    throw new Error(taken, { cause: error })
  }
  return () => lock.close()
}
