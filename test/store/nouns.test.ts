import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Account } from '../../src/model/account.ts'
import type { RequestRow } from '../../src/store/requests.ts'
import type { Store } from '../../src/store/store.ts'
import { storeKinds } from '../support/stores.ts'

const beyondNumbers = 9_007_199_254_740_993n

describe.each(storeKinds())('on $name', ({ empty, end }) => {
  let store: Store
  beforeEach(async () => {
    store = await empty()
  })
  afterEach(() => store.close())
  afterAll(end)

  describe('accounts', () => {
    const account: Account = {
      id: 'acc_1',
      name: 'acme',
      group: 'team',
      isEnabled: true,
      creditLimit: beyondNumbers,
      limits: { requestsPerMinute: 60 },
      source: 'api',
      createdAtMs: 5,
    }

    it('come back as they were saved, to the nano-dollar', async () => {
      const { creditLimit, ...endless } = account
      await store.accounts.save(account)
      await store.accounts.save({ ...endless, id: 'acc_2', name: 'free', isEnabled: false })
      expect(await store.accounts.list()).toEqual([
        account,
        { ...endless, id: 'acc_2', name: 'free', isEnabled: false },
      ])
      await store.accounts.save({ ...account, group: 'other' })
      expect((await store.accounts.list())[0]?.group).toBe('other')
      expect(creditLimit).toBe(beyondNumbers)
    })

    it('have names of their own', async () => {
      await store.accounts.save(account)
      await expect(store.accounts.save({ ...account, id: 'acc_2' })).rejects.toThrow()
    })

    it('belong to groups', async () => {
      const group = { name: 'team', multiplierPpm: 1_200_000n, channels: ['claude', 'open*'], source: 'api' } as const
      await store.accounts.saveGroup(group)
      await store.accounts.saveGroup({ ...group, multiplierPpm: 1n })
      expect(await store.accounts.groups()).toEqual([{ ...group, multiplierPpm: 1n }])
      await store.accounts.removeGroup('team')
      expect(await store.accounts.groups()).toEqual([])
    })
  })

  describe('the scope of a key', () => {
    it('keeps budgets whole', async () => {
      const scope = {
        routes: ['chat'],
        addresses: ['10.0.0.0/8', '::1'],
        expiresAtMs: 7,
        budget: { total: beyondNumbers, daily: 1n },
        limits: { concurrency: 2 },
      } as const
      const row = {
        id: 'k',
        name: 'k',
        hash: 'h',
        hint: 'h',
        models: ['*'],
        aliases: [],
        source: 'api',
        createdAtMs: 1,
      } as const
      const key = {
        ...row,
        account: 'acc_1',
        scope,
        former: [
          { hash: 'before', untilMs: 9 },
          { hash: 'between', untilMs: 12 },
        ],
      }
      await store.keys.add(key)
      expect(await store.keys.list()).toEqual([key])
    })
  })

  describe('the log of requests', () => {
    const row = (number: number, more: Partial<RequestRow> = {}): RequestRow => ({
      id: `req_${String(number).padStart(4, '0')}`,
      atMs: Math.floor(number / 3),
      account: number % 2 === 0 ? 'even' : 'odd',
      keyId: 'key_1',
      model: 'm',
      channel: 'c',
      outcome: 'answered',
      charged: BigInt(number),
      detail: { usage: { input: number } },
      ...more,
    })

    it('is read page by page, newest first, nothing twice and nothing left out', async () => {
      const rows = Array.from({ length: 1200 }, (_, number) => row(number))
      await store.requests.add(rows)
      await store.requests.add(rows.slice(0, 3))
      const seen: RequestRow[] = []
      let last: RequestRow | undefined
      do {
        const page = await store.requests.page({ account: 'odd' }, 100, last)
        seen.push(...page)
        last = page.at(-1)
      } while (last)
      expect(seen).toEqual(rows.filter(({ account }) => account === 'odd').toReversed())
    })

    it('is narrowed by time and key, and finds one', async () => {
      await store.requests.add([row(1), row(5, { keyId: 'key_2' }), row(9)])
      expect((await store.requests.page({ keyId: 'key_2' }, 10)).map(({ id }) => id)).toEqual(['req_0005'])
      expect((await store.requests.page({ fromMs: 1, toMs: 3 }, 10)).map(({ id }) => id)).toEqual(['req_0005'])
      expect(await store.requests.find('req_0009')).toEqual(row(9))
      expect(await store.requests.find('req_0010')).toBeUndefined()
    })
  })

  describe('the audit log', () => {
    it('is read backwards', async () => {
      for (const id of ['01', '02', '03'])
        await store.audit.add({ id, atMs: 1, actor: 'root', action: 'key.create', subject: 'k', change: { id } })
      const [newest] = await store.audit.page(1)
      expect(newest?.id).toBe('03')
      expect((await store.audit.page(10, '03')).map(({ id }) => id)).toEqual(['02', '01'])
    })
  })

  describe('prices', () => {
    it('are added and never changed', async () => {
      const price = {
        id: 'p1',
        model: 'fast',
        rates: { input: 1 },
        validFromMs: 0,
        source: 'api',
        createdAtMs: 1,
      } as const
      await store.prices.add(price)
      await store.prices.add({ ...price, rates: { input: 2 } })
      expect(await store.prices.list()).toEqual([price])
    })
  })
})
