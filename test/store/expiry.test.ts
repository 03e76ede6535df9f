import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore, type Store } from '../../src/store/store.ts'
import { storeKinds } from '../support/stores.ts'

// However much has grown old, nobody waits for it to be removed.

const old = Array.from({ length: 1_050 }, (_, at) => `old ${at}`)
const fresh = ['fresh 1', 'fresh 2']
const lease = { nowMs: 0, leaseMs: 1, keptMs: 10 }

interface Kind {
  put(store: Store, name: string, atMs: number): Promise<unknown>
  /** What was put at or before this is old. */
  remove(store: Store, atMs: number): Promise<void>
  isThere(store: Store, name: string): Promise<boolean>
}

const named = (name: string) => ({ tenant: `tenant ${name.length % 3}`, name, asked: 'a', requestId: name })

const response = (name: string, createdAtMs: number) => ({
  ...{ id: name, tenant: `tenant ${name.length % 3}`, channel: 'c', createdAtMs },
  input: [],
  response: { id: name, output: [{ id: `item of ${name}`, type: 'message' }] },
})

const kinds: Readonly<Record<string, Kind>> = {
  seals: {
    put: (store, name, atMs) => store.seals.put('tenant', name, 'envelope', atMs),
    remove: (store, atMs) => store.seals.removeExpired(atMs + 1),
    isThere: async (store, name) => (await store.seals.find('tenant', [name])).size > 0,
  },
  'names of requests': {
    put: (store, name, atMs) => store.idempotency.claim(named(name), { ...lease, nowMs: atMs }),
    remove: (store, atMs) => store.idempotency.removeExpired(atMs + lease.keptMs),
    isThere: async (store, name) => {
      const claim = await store.idempotency.claim({ ...named(name), requestId: 'x', asked: 'b' }, lease)
      return claim.is === 'different'
    },
  },
  responses: {
    put: (store, name, atMs) => store.responses.put(response(name, atMs)),
    remove: (store, atMs) => store.responses.removeOlderThan(atMs + 1),
    isThere: async (store, name) => {
      const { tenant } = response(name, 0)
      const items = await store.responses.findItems(tenant, [`item of ${name}`])
      const found = (await store.responses.find(tenant, name)) !== undefined
      expect(items.size > 0).toBe(found)
      return found
    },
  },
}

describe.each(storeKinds())('on $name', ({ empty, end }) => {
  let store: Store
  beforeEach(async () => {
    store = await empty()
  })
  afterEach(() => store.close())
  afterAll(end)

  it.each(Object.entries(kinds))('%s that are old go, and no others', async (_, kind) => {
    for (const name of old) await kind.put(store, name, 1)
    for (const name of fresh) await kind.put(store, name, 1_000)
    await kind.remove(store, 1)
    for (const name of fresh) expect(await kind.isThere(store, name)).toBe(true)
    for (const name of old) expect(await kind.isThere(store, name)).toBe(false)
  })
})

describe('on the one connection of a file', () => {
  it.each(Object.entries(kinds))('%s go some at a time, and others have their turn between', async (_, kind) => {
    const store = await openStore(':memory:')
    for (const name of old) await kind.put(store, name, 1)
    let isOver = false
    let turns = 0
    const removal = kind.remove(store, 1).finally(() => {
      isOver = true
    })
    while (!isOver) {
      await store.keys.list()
      await new Promise(setImmediate)
      turns++
    }
    await removal
    expect(turns).toBeGreaterThan(5)
    await store.close()
  })
})
