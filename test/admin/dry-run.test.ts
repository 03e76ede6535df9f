import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Manager, startManager } from './manager.ts'

const secret = 'sk-visitor-0123456789abcdef'
let manager: Manager
let id: string
beforeAll(async () => {
  manager = await startManager(`
channels:
  - { name: open, provider: openai, base_url: "http://127.0.0.1:9", keys: [secret-of-the-first-1111, secret-of-the-second-2222], models: [m] }
  - { name: private, provider: openai, base_url: "http://127.0.0.1:9", keys: [secret-of-the-third-3333], models: [m] }
groups: [{ name: guests, channels: [open] }]
accounts: [{ name: visitor, group: guests }]
keys: [{ name: visitor, key: ${secret}, account: visitor }]`)
  const { data } = await manager.done('GET', '/keys?limit=200')
  id = data.find(({ name }: { name: string }) => name === 'visitor').id
})
afterAll(() => manager.close())

const body = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] }

describe('the dry run of a key', () => {
  it('tells those who manage the hints of credentials, and what is out of its reach', async () => {
    const { candidates, attempts } = await manager.done('POST', `/keys/${id}/route`, { request: body })
    expect(attempts).toEqual([])
    expect(
      candidates.map(({ channel, credential, not }: Record<string, unknown>) => [channel, credential, not]).toSorted(),
    ).toEqual([
      ['open', '…1111', undefined],
      ['open', '…2222', undefined],
      ['private', undefined, 'group'],
    ])
  })

  it('tells its holder numbers, and nothing of other groups', async () => {
    const headers = { authorization: `Bearer ${secret}` }
    const answer = await manager.ask('POST', '/route', body, { token: null, headers })
    expect(answer.status).toBe(200)
    const told = answer.body.candidates.map(({ channel, credential }: Record<string, unknown>) => [channel, credential])
    expect(told.toSorted()).toEqual([
      ['open', '1'],
      ['open', '2'],
    ])
    expect(answer.text).not.toMatch(/1111|2222|3333|private/)
  })

  it.each([
    [{ ...body, model: 'nobody-has-it' }, 404],
    [{ ...body, format: 'morse' }, 400],
    [{ ...body, provider: 3 }, 400],
  ])('is refused as the request would be: %j', async (wrong, status) => {
    expect((await manager.ask('POST', `/keys/${id}/route`, { request: wrong })).status).toBe(status)
  })

  it('is there for keys that are there', async () => {
    expect((await manager.ask('POST', '/keys/key_none/route', { request: body })).status).toBe(404)
  })
})
