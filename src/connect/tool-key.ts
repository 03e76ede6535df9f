import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { KeyRow, ModelAlias } from '../model/rows.ts'
import { hashKey, keyRow, newKey } from '../store/secrets.ts'
import type { Store } from '../store/store.ts'
import { isTree } from './edit.ts'
import { replaceFile } from './file.ts'

/** The key of one tool: made once and used ever after, since what models have thought so far is bound to it. */
export interface ToolKey {
  readonly key: string
  readonly row: KeyRow
  readonly isNew: boolean
}

export interface KeyPlace {
  readonly store: Store
  readonly pepper: Buffer
  /** The data directory. */
  readonly directory: string
  readonly nowMs: number
}

export const keyFile = (directory: string, tool: string): string => join(directory, 'connect', `${tool}.key`)

/** The tool's key as it is; a new one where there is none, or where it was revoked. */
export async function toolKey(place: KeyPlace, tool: string): Promise<ToolKey> {
  const kept = readKey(keyFile(place.directory, tool))
  const hash = kept && hashKey(place.pepper, kept)
  const row = (await place.store.keys.list()).find((one) => one.hash === hash)
  return kept !== undefined && row ? { key: kept, row, isNew: false } : makeKey(place, tool)
}

/** Another key for the tool; the old one is revoked. */
export async function renewKey(place: KeyPlace, tool: string): Promise<ToolKey> {
  const old = readKey(keyFile(place.directory, tool))
  const row = (await place.store.keys.list()).find(
    ({ hash }) => old !== undefined && hash === hashKey(place.pepper, old),
  )
  const made = await makeKey(place, tool)
  if (row) await place.store.keys.revoke(row.id, place.nowMs)
  return made
}

async function makeKey({ directory, nowMs, pepper, store }: KeyPlace, tool: string): Promise<ToolKey> {
  const key = newKey()
  const row = keyRow(key, pepper, { name: tool, models: ['*'], source: 'command', createdAtMs: nowMs })
  // Kept in the file first: a key that only the store knows is lost.
  replaceFile(keyFile(directory, tool), `${key}\n`, 0o600)
  await store.keys.add(row)
  return { key, row, isNew: true }
}

/** Whether they had to be changed. */
export async function setAliases(store: Store, row: KeyRow, aliases: readonly ModelAlias[]): Promise<boolean> {
  if (isDeepStrictEqual(row.aliases, aliases)) return false
  await store.keys.add({ ...row, aliases })
  return true
}

function readKey(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch (error) {
    if (isTree(error) && error.code === 'ENOENT') return undefined
    throw error
  }
}
