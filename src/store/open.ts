import { mkdirSync } from 'node:fs'
import { deriveKey, hashKey, masterKey } from './secrets.ts'
import { openStore, type Store } from './store.ts'

/** Where the configuration says that everything is kept. */
export interface StorePlace {
  /** `:memory:` keeps nothing. */
  readonly dataDirectory: string
  /** Instead of a file in the directory. */
  readonly databaseUrl?: string
  readonly masterKey?: string
}

/** A store, and the key that its secrets are under. */
export interface Opened {
  readonly store: Store
  readonly master: Buffer
}

/**
 * The store in this place, made or brought up to date.
 * @throws Error that says in a line what is wrong; with another master key too: no key would be known under it.
 */
export async function openPlace({ dataDirectory, databaseUrl, masterKey: given }: StorePlace): Promise<Opened> {
  if (dataDirectory !== ':memory:') mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const store = await (databaseUrl === undefined ? openStore(dataDirectory) : openDatabase(databaseUrl))
  try {
    const master = masterKey(given, dataDirectory)
    const mark = hashKey(deriveKey(master, 'mark'), 'master')
    if ((await store.marks.claim('master', mark)) !== mark) throw new Error(otherMaster)
    return { store, master }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Loaded when it is wanted: its driver takes longer to load than SQLite. */
const openDatabase = async (url: string): Promise<Store> => (await import('./postgres.ts')).openPostgresStore(url)

const otherMaster =
  'the database was made under another master key: set CAUSEWAY_MASTER_KEY to that one (a first server that was given none keeps it in its data directory, in master.key)'
