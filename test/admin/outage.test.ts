import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Outage } from '../../src/ledger/postgres/connection.ts'
import { StoreOutage } from '../../src/store/outage.ts'
import { type Manager, startManager } from './manager.ts'

let manager: Manager
beforeAll(async () => {
  manager = await startManager()
})
afterAll(() => manager.close())

/** SQLite's own, as Node tells it. */
const full = Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 })

const outages: readonly (readonly [string, Error])[] = [
  ['the store is away', new StoreOutage(new Error('ECONNREFUSED 10.1.2.3:5432'))],
  ['the ledger is away', new Outage(new Error('ECONNREFUSED 10.1.2.3:5432'))],
  ['the disk is full', full],
]

describe.each(outages)('while %s', (_, error) => {
  it.each([
    ['nobody can be looked up', 'tokens', 'known'],
    ['nothing can be read', 'accounts', 'page'],
  ] as const)('%s: 503, and never that the token is wrong', async (_, noun, method) => {
    // One of its methods is put aside for a moment.
    const of = manager.gateway.app.store[noun] as unknown as Record<string, unknown>
    const before = of[method]
    of[method] = () => Promise.reject(error)
    try {
      const answer = await manager.ask('GET', '/accounts')
      expect(answer).toMatchObject({ status: 503, body: { error: { type: 'unavailable' } } })
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(answer.text).not.toMatch(/10\.1\.2\.3|sqlite|disk/i)
    } finally {
      of[method] = before
    }
    expect((await manager.ask('GET', '/accounts')).status).toBe(200)
  })
})

describe('a bug', () => {
  it('is told as one, without its reasons, and leaves a line in the log', async () => {
    const { accounts } = manager.gateway.app.store
    const before = accounts.page
    accounts.page = () => Promise.reject(new Error('SELECT secret FROM somewhere'))
    const answer = await manager.ask('GET', '/accounts')
    accounts.page = before
    expect(answer).toMatchObject({
      status: 500,
      body: { error: { type: 'internal', message: 'Something went wrong here.' } },
    })
    expect(manager.gateway.lines.at(-1)).toMatchObject({
      level: 'error',
      record: { requestId: answer.body.error.request_id },
    })
  })

  it('in the middle of a change leaves nothing of it', async () => {
    const groups = async () => (await manager.done('GET', '/groups')).data.length
    const before = await groups()
    const { store } = manager.gateway.app
    const together = store.together
    store.together = (run) =>
      together((inside) =>
        run({ ...inside, audit: { ...inside.audit, add: () => Promise.reject(new Error('no room for the audit')) } }),
      )
    expect((await manager.ask('POST', '/groups', { name: 'half' })).status).toBe(500)
    store.together = together
    expect(await groups()).toBe(before)
    await manager.done('POST', '/groups', { name: 'whole' })
    expect(await groups()).toBe(before + 1)
  })
})
