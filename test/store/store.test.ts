import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyRow, StoredResponse } from '../../src/model/rows.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { temporaryDirectory } from '../support/program.ts'
import { storeKinds } from '../support/stores.ts'

const keyOf = (id: string, more: Partial<KeyRow> = {}): KeyRow => ({
  id,
  name: id,
  hash: `hash of ${id}`,
  hint: 'sk-cw-12…',
  models: ['*'],
  aliases: [],
  account: 'acc_default',
  scope: {},
  source: 'command',
  createdAtMs: 1_800_000_000_000,
  ...more,
})

const responseOf = (tenant: string, id: string, more: Partial<StoredResponse> = {}): StoredResponse => ({
  tenant,
  id,
  channel: 'one',
  createdAtMs: 1_000,
  input: [{ id: `${id}_in`, type: 'message' }, { type: 'message' }],
  response: { id, output: [{ id: `${id}_out`, type: 'message', text: '\ud83d\ude00 \u0000 "' }] },
  ...more,
})

describe.each(storeKinds())('on $name', ({ empty, end }) => {
  let store: Store
  beforeEach(async () => {
    store = await empty()
  })
  afterEach(() => store.close())
  afterAll(end)

  describe('keys', () => {
    it('come back as they were added, oldest first', async () => {
      const rows = [keyOf('b', { createdAtMs: 2 }), keyOf('a', { createdAtMs: 1, models: ['gpt-*', '模型', `"'--`] })]
      for (const row of rows) await store.keys.add(row)
      expect(await store.keys.list()).toEqual(rows.toReversed())
    })

    it('are gone when they are revoked, and back when they are added again', async () => {
      await store.keys.add(keyOf('a'))
      await store.keys.revoke('a', 5)
      expect(await store.keys.list()).toEqual([])
      const changed = keyOf('a', { models: ['gpt-*'], aliases: [{ name: 'gpt-*', model: 'x' }], source: 'file' })
      await store.keys.add(changed)
      expect(await store.keys.list()).toEqual([changed])
    })

    it('that do not exist can be revoked', async () => {
      await expect(store.keys.revoke('nobody', 1)).resolves.toBeUndefined()
    })
  })

  describe('a change', () => {
    it('is told with what it changes, or not at all', async () => {
      const account = {
        name: 'acme',
        group: 'default',
        isEnabled: true,
        limits: {},
        source: 'api',
        createdAtMs: 1,
      } as const
      const before = await store.version()
      await store.accounts.save({ id: 'acc_1', ...account })
      expect(await store.version()).toBe(before + 1)
      await expect(store.accounts.save({ id: 'acc_2', ...account })).rejects.toThrow()
      await expect(
        store.together(async ({ keys }) => {
          await keys.add(keyOf('gone'))
          throw new Error('not after all')
        }),
      ).rejects.toThrow('not after all')
      expect(await store.version()).toBe(before + 1)
      expect(await store.keys.list()).toEqual([])
    })

    it('of many at once is counted each', async () => {
      const before = await store.version()
      await Promise.all(Array.from({ length: 30 }, (_, at) => store.keys.add(keyOf(`key ${at}`))))
      expect(await store.version()).toBe(before + 30)
      expect(await store.keys.list()).toHaveLength(30)
    })
  })

  describe('names that clients make up', () => {
    it.each(['a\0b', '\ud800', "'; DROP TABLE keys; --", '😀'.repeat(500)])('may be %j', async (name) => {
      expect(await store.responses.find('ada', name)).toBeUndefined()
      const row = { id: 'req_1', atMs: 1, account: 'a', keyId: 'k', channel: '', outcome: 'refused', charged: 0n }
      await store.requests.add([{ ...row, model: name, detail: { name } }])
      expect(await store.requests.find('req_1')).toMatchObject({ id: 'req_1', charged: 0n })
    })
  })

  describe('responses', () => {
    it('are found by their tenant and nobody else', async () => {
      const mine = responseOf('ada', 'resp_1')
      await store.responses.put(mine)
      expect(await store.responses.find('ada', 'resp_1')).toEqual(mine)
      expect(await store.responses.find('bob', 'resp_1')).toBeUndefined()
      expect(await store.responses.find('ada', 'resp_2')).toBeUndefined()
    })

    it('of two tenants may have one id', async () => {
      const [ada, bob] = [responseOf('ada', 'x', { channel: 'a' }), responseOf('bob', 'x', { channel: 'b' })]
      await store.responses.put(ada)
      await store.responses.put(bob)
      expect(await store.responses.remove('ada', 'x')).toBe(true)
      expect(await store.responses.find('bob', 'x')).toEqual(bob)
      expect([...(await store.responses.findItems('bob', ['x_out'])).keys()]).toEqual(['x_out'])
    })

    it('are what the last writer made of them', async () => {
      await store.responses.put(responseOf('ada', 'x', { response: { id: 'x', status: 'in_progress' } }))
      const whole = responseOf('ada', 'x')
      await store.responses.put(whole)
      expect(await store.responses.find('ada', 'x')).toEqual(whole)
    })

    it('give their items by id, of input and output, to their tenant alone', async () => {
      await store.responses.put(responseOf('ada', 'x'))
      const ids = ['x_in', 'x_out', 'nothing', "'; drop table responses; --"]
      expect([...(await store.responses.findItems('ada', ids)).keys()].sort()).toEqual(['x_in', 'x_out'])
      expect(await store.responses.findItems('bob', ids)).toEqual(new Map())
      expect(await store.responses.findItems('ada', [])).toEqual(new Map())
    })

    it('are asked for as many items as a request can name', async () => {
      await store.responses.put(responseOf('ada', 'x'))
      const ids = Array.from({ length: 100_000 }, (_, at) => `item_${at}`)
      expect([...(await store.responses.findItems('ada', [...ids, 'x_out'])).keys()]).toEqual(['x_out'])
    })

    it('take their items with them when they are removed, once', async () => {
      await store.responses.put(responseOf('ada', 'x'))
      expect(await store.responses.remove('bob', 'x')).toBe(false)
      expect(await store.responses.remove('ada', 'x')).toBe(true)
      expect(await store.responses.remove('ada', 'x')).toBe(false)
      expect(await store.responses.findItems('ada', ['x_in', 'x_out'])).toEqual(new Map())
    })

    it('that go on from another leave it its items when they are removed', async () => {
      const first = responseOf('ada', 'x')
      await store.responses.put(first)
      const history = [...first.input, { id: 'x_out', type: 'message', text: 'copied' }]
      await store.responses.put(responseOf('ada', 'y', { input: history }))
      await store.responses.remove('ada', 'y')
      expect([...(await store.responses.findItems('ada', ['x_in', 'x_out', 'y_out'])).keys()].sort()).toEqual([
        'x_in',
        'x_out',
      ])
    })

    it('that are too old go, with their items, and no other', async () => {
      await store.responses.put(responseOf('ada', 'old', { createdAtMs: 1 }))
      await store.responses.put(responseOf('bob', 'old', { createdAtMs: 3 }))
      await store.responses.put(responseOf('ada', 'new', { createdAtMs: 2 }))
      await store.responses.removeOlderThan(2)
      expect(await store.responses.find('ada', 'old')).toBeUndefined()
      expect(await store.responses.find('ada', 'new')).toBeDefined()
      expect(await store.responses.findItems('ada', ['old_out'])).toEqual(new Map())
      expect([...(await store.responses.findItems('bob', ['old_out'])).keys()]).toEqual(['old_out'])
    })
  })

  describe('seals', () => {
    it('are found by tenant and call, the last put counting', async () => {
      await store.seals.put('ada', 'call_1', 'first', 10)
      await store.seals.put('ada', 'call_1', 'second', 20)
      await store.seals.put('bob', 'call_1', 'bob’s', 20)
      expect(await store.seals.find('ada', ['call_1', 'call_2'])).toEqual(new Map([['call_1', 'second']]))
      expect(await store.seals.find('eve', ['call_1'])).toEqual(new Map())
    })

    it('of a very long conversation are all found', async () => {
      const ids = Array.from({ length: 1_200 }, (_, at) => `call_${at}`)
      for (const id of ids) await store.seals.put('ada', id, id, 10)
      expect((await store.seals.find('ada', ids)).size).toBe(1_200)
      expect(await store.seals.find('ada', [])).toEqual(new Map())
    })

    it('go when their time has come', async () => {
      await store.seals.put('ada', 'early', 'x', 9)
      await store.seals.put('ada', 'late', 'x', 10)
      await store.seals.removeExpired(10)
      expect([...(await store.seals.find('ada', ['early', 'late'])).keys()]).toEqual(['late'])
    })
  })
})

describe('a database in a directory', () => {
  let place: ReturnType<typeof temporaryDirectory>
  beforeEach(() => {
    place = temporaryDirectory()
  })
  afterEach(() => place.remove())

  it('is made, outlives its process, and is private', async () => {
    const directory = join(place.path, 'deep', 'data')
    const first = await openStore(directory)
    await first.keys.add(keyOf('a'))
    await first.close()
    const second = await openStore(directory)
    expect(await second.keys.list()).toEqual([keyOf('a')])
    await second.close()
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(readdirSync(directory)).toEqual(['causeway.db'])
  })

  it('tells when a snapshot is out of date, whoever wrote, and only then', async () => {
    const [one, other] = [await openStore(place.path), await openStore(place.path)]
    const before = await one.version()
    await other.seals.put('key', 'call', 'envelope', 1)
    expect(await one.version()).toBe(before)
    await one.keys.add(keyOf('mine'))
    expect(await one.version()).toBe(before + 1)
    await other.keys.add(keyOf('theirs'))
    expect(await one.version()).toBe(before + 2)
    expect((await one.keys.list()).map(({ id }) => id)).toEqual(['mine', 'theirs'])
    await one.close()
    await other.close()
  })

  it('that is newer than the program is refused and left alone', async () => {
    await (await openStore(place.path)).close()
    const path = join(place.path, 'causeway.db')
    const raw = new DatabaseSync(path)
    raw.exec("insert into kysely_migration (name, timestamp) values ('999-the-future', '2030-01-01')")
    raw.close()
    await expect(openStore(place.path)).rejects.toThrow(
      'the database is newer than this program: it has 999-the-future',
    )
  })

  it('that is none is refused and left alone', async () => {
    mkdirSync(place.path, { recursive: true })
    const path = join(place.path, 'causeway.db')
    writeFileSync(path, 'a letter to my grandmother\n'.repeat(100))
    await expect(openStore(place.path)).rejects.toThrow(
      /is damaged, or is none of this program: put a copy from before in its place/,
    )
    expect(readFileSync(path, 'utf8')).toMatch(/^a letter/)
  })
})
