import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deriveKey, hashKey, masterKey, newMaster } from './secrets.ts'

/** The master key and, while it is being changed, the one before. */
export interface MasterKeys {
  /** Seals. */
  readonly newest: Buffer
  /** Opens what it sealed until all is sealed anew. */
  readonly former?: Buffer
}

/** Where the master keys are. */
export interface MasterPlace {
  /** `:memory:` keeps nothing. */
  readonly dataDirectory: string
  /** Given from outside, instead of the file in the directory. */
  readonly masterKey?: string
  readonly oldMasterKey?: string
}

const file = 'master.key'
const formerFile = 'master.key.old'

/**
 * As they are given or, where none is, as they are in the data directory.
 * @throws Error when one is too short.
 */
export function masterKeys({ dataDirectory, masterKey: given, oldMasterKey }: MasterPlace): MasterKeys {
  // The former is read first: a rotation writes it first, so that no moment shows the new key alone.
  const former = oldMasterKey ?? (given === undefined ? keptFormer(dataDirectory) : undefined)
  const newest = masterKey(given, dataDirectory)
  return { newest, ...(former !== undefined && { former: Buffer.from(former) }) }
}

function keptFormer(directory: string): string | undefined {
  const path = join(directory, formerFile)
  return directory !== ':memory:' && existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}

/** How a store knows its master key, without telling it. */
export const markOf = (master: Buffer): string => hashKey(deriveKey(master, 'mark'), 'master')

/** Puts a new master key into the file and the former beside it. One that was put there and not yet taken over stays. */
export function replaceKeptMaster(directory: string): void {
  const former = join(directory, formerFile)
  if (existsSync(former) && readFileSync(former, 'utf8') !== readFileSync(join(directory, file), 'utf8')) return
  write(former, readFileSync(join(directory, file), 'utf8'))
  write(join(directory, file), newMaster())
}

/** Nothing is under the former any more. */
export const forgetFormerMaster = (directory: string): void => rmSync(join(directory, formerFile), { force: true })

/** Whole or not at all. */
function write(path: string, text: string): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600, flush: true })
  chmodSync(draft, 0o600)
  renameSync(draft, path)
}
