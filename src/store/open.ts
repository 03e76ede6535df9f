import { mkdirSync } from 'node:fs'
import { type Keyring, openKeyring } from './keyring.ts'
import { type MasterPlace, masterKeys } from './master-keys.ts'
import { openStore, type Store } from './store.ts'

/** Where the configuration says that everything is kept. */
export interface StorePlace extends MasterPlace {
  /** Instead of a file in the directory. */
  readonly databaseUrl?: string
}

/** A store, and the keys that its secrets are under. */
export interface Opened {
  readonly store: Store
  readonly keyring: Keyring
}

/**
 * The store in this place, made or brought up to date.
 * @throws Error that says in a line what is wrong; with another master key too: no key would be known under it.
 */
export async function openPlace(place: StorePlace): Promise<Opened> {
  const store = await storeIn(place)
  try {
    const masters = masterKeys(place)
    // In memory a master key is new at every look.
    const look = place.dataDirectory === ':memory:' ? () => masters : () => masterKeys(place)
    return { store, keyring: await openKeyring(store.marks, masters, look) }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The store alone, whatever its secrets are under. */
export async function storeIn({ dataDirectory, databaseUrl }: StorePlace): Promise<Store> {
  if (dataDirectory !== ':memory:') mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  return databaseUrl === undefined ? openStore(dataDirectory) : openDatabase(databaseUrl)
}

/** Loaded when it is wanted: its driver takes longer to load than SQLite. */
const openDatabase = async (url: string): Promise<Store> => (await import('./postgres.ts')).openPostgresStore(url)
