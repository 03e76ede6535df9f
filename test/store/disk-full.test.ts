import type { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Gateway, startGateway } from '../support/gateway.ts'

// A full disk refuses what is new, loses nothing of what is under way, and is forgotten when there is room again.

/** Databases in the order in which they were opened: the store, the ledger. */
const databases: DatabaseSync[] = []

vi.mock('../../src/store/sqlite.ts', async (original) => {
  const real = await original<typeof import('../../src/store/sqlite.ts')>()
  return {
    ...real,
    openSqlite(path: string) {
      const opened = real.openSqlite(path)
      databases.push(opened.database)
      return opened
    },
  }
})

const pages = (database: DatabaseSync | undefined, most: 'no more' | 'any'): void => {
  const { page_count: used } = database?.prepare('PRAGMA page_count').get() ?? {}
  database?.exec(`PRAGMA max_page_count=${most === 'any' ? 1_000_000 : used}`)
}

let gateway: Gateway
afterEach(async () => {
  await gateway.close()
  databases.length = 0
})

const start = async (): Promise<string> => {
  gateway = await startGateway('prices: [{ model: sandbox-echo, free: true }, { model: "*", input: 1, output: 10 }]')
  expect(databases).toHaveLength(2)
  return gateway.app.newKeys[0]?.key ?? ''
}

const ask = (key: string, model: string, content: string, stream = false): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, stream, max_tokens: 100, messages: [{ role: 'user', content }] }),
  })

const status = async (key: string, model: string): Promise<number> => {
  const answer = await ask(key, model, 'Hello')
  await answer.arrayBuffer()
  return answer.status
}

const eventually = (look: () => Promise<void>): Promise<void> => vi.waitFor(look, { timeout: 10_000, interval: 20 })

describe('a disk without room for the ledger', () => {
  it('refuses what costs money, and settles what was under way when there is room again', async () => {
    const key = await start()
    const running = await Promise.all(
      Array.from({ length: 30 }, () => ask(key, 'sandbox-1', 'sandbox: delay=30ms words=30', true)),
    )
    const [, ledger] = databases
    pages(ledger, 'no more')
    await eventually(async () => expect(await status(key, 'sandbox-1')).toBe(503))
    const refused = await ask(key, 'sandbox-1', 'Hello')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
    await refused.arrayBuffer()
    expect(await status(key, 'sandbox-echo')).toBe(200)
    for (const answer of running) expect(await answer.text()).toContain('[DONE]')
    pages(ledger, 'any')
    await eventually(async () => expect(await status(key, 'sandbox-1')).toBe(200))
    await eventually(async () => {
      const rows = await gateway.app.store.requests.page({}, 1_000)
      const charged = rows.reduce((sum, row) => sum + row.charged, 0n)
      expect(rows.filter((row) => row.charged > 0n).length).toBeGreaterThan(30)
      expect(gateway.app.books.ledger.kept()).toBe(0)
      expect(await gateway.app.books.store.account('user:acc_default')).toMatchObject({ held: 0n, balance: -charged })
    })
  }, 60_000)
})

describe('a disk without room for the store', () => {
  it('answers requests, says of what is to be kept that it cannot be, and writes its log later', async () => {
    const key = await start()
    const [store] = databases
    pages(store, 'no more')
    const create = (name: string): Promise<Response> =>
      fetch(`${gateway.url}/api/accounts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.app.rootToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      })
    await eventually(async () => expect((await create(`a${'x'.repeat(60)}${Math.random()}`)).status).toBe(503))
    const before = (await gateway.app.store.requests.page({}, 1_000)).length
    for (let at = 0; at < 60; at++) expect(await status(key, 'sandbox-1')).toBe(200)
    pages(store, 'any')
    await eventually(async () => {
      const rows = await gateway.app.store.requests.page({}, 1_000)
      expect(rows).toHaveLength(before + 60)
    })
  }, 60_000)
})
