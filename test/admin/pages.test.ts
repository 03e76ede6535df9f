import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Manager, startManager } from './manager.ts'

let manager: Manager
const count = 5

/** What makes one more of each; the file has channels of its own. */
const makes: Readonly<Record<string, (at: number) => object>> = {
  accounts: (at) => ({ name: `account ${at}` }),
  channels: (at) => ({ name: `channel ${at}`, provider: 'openai', models: ['m'], secrets: ['sk-1', 'sk-2'] }),
  groups: (at) => ({ name: `group ${at}` }),
  keys: (at) => ({ name: `key ${at}` }),
  prices: (at) => ({ model: `model ${at}`, free: true }),
  tokens: (at) => ({ name: `token ${at}`, role: 'reader' }),
}

beforeAll(async () => {
  manager = await startManager(`
sandbox: true
channels:
  - { name: of-the-file, provider: openai, keys: [sk-file], models: [of-the-file] }
  - { name: another, provider: openai, keys: [sk-file], models: [another] }`)
  for (const [noun, make] of Object.entries(makes))
    for (let at = 0; at < count; at++) await manager.done('POST', `/${noun}`, make(at))
})
afterAll(() => manager.close())

describe.each(Object.keys(makes))('the list of %s', (noun) => {
  const nameOf = (row: { id?: string; name?: string; model?: string }) => row.id ?? row.name ?? row.model

  it.each([1, 2, 3])('comes whole in pages of %i, none twice', async (limit) => {
    const whole = (await manager.done('GET', `/${noun}?limit=200`)).data.map(nameOf)
    expect(whole.length).toBeGreaterThanOrEqual(count)
    const seen: unknown[] = []
    let cursor = ''
    do {
      const page = await manager.done('GET', `/${noun}?limit=${limit}${cursor && `&cursor=${cursor}`}`)
      expect(page.data.length).toBeLessThanOrEqual(limit)
      seen.push(...page.data.map(nameOf))
      cursor = page.next ?? ''
    } while (cursor !== '')
    expect(seen).toEqual(whole)
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('reads no more than a page of the store', async () => {
    const { accounts, prices, tokens } = manager.gateway.app.store
    const nouns = [accounts, prices, tokens]
    const before = nouns.map((one) => ({ ...one }))
    const never = () => Promise.reject(new Error('a whole table was read'))
    for (const one of nouns) Object.assign(one, { list: never, ...('groups' in one && { groups: never }) })
    const answer = await manager.ask('GET', `/${noun}?limit=1`)
    for (const [at, one] of nouns.entries()) Object.assign(one, before[at])
    expect(answer.status).toBe(200)
  })
})

describe('channels of the file', () => {
  it('come behind those of the store, and are there once', async () => {
    const { data } = await manager.done('GET', '/channels')
    const told = data.map(({ name, source }: { name: string; source: string }) => [source, name])
    expect(told.map(([source]: string[]) => source)).toEqual([...Array(count).fill('api'), 'file', 'file', 'file'])
    expect(told.slice(count).map(([, name]: string[]) => name)).toEqual(['another', 'of-the-file', 'sandbox'])
  })
})

describe('the audit log', () => {
  it('has the address of whoever asked', async () => {
    const { data } = await manager.done('GET', '/audit?limit=200')
    expect(new Set(data.map(({ address }: { address: string }) => address))).toEqual(new Set(['127.0.0.1']))
  })

  it('believes no client about its address, but a trusted proxy', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    await manager.ask('POST', '/groups', { name: 'lying' }, { headers })
    expect((await manager.done('GET', '/audit?limit=1')).data[0].address).toBe('127.0.0.1')
    const behind = await startManager('trusted_proxies: ["127.0.0.0/8"]')
    await behind.ask('POST', '/groups', { name: 'proxied' }, { headers })
    expect((await behind.done('GET', '/audit?limit=1')).data[0].address).toBe('203.0.113.9')
    await behind.close()
  })
})
