import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { tellFloor } from '../../src/admin/floor.ts'
import { Outage } from '../../src/ledger/postgres/connection.ts'
import type { Account } from '../../src/model/account.ts'
import { type Manager, startManager } from './manager.ts'

const usd = 1_000_000_000

describe('accounts while the ledger is away', () => {
  let manager: Manager
  beforeAll(async () => {
    manager = await startManager('sandbox: true\nprices: [{ model: "sandbox-*", input: 1000, output: 2000 }]')
  })
  afterAll(() => manager.close())

  /** Runs with a ledger that writes nothing, or nothing but the opening of accounts. */
  async function away<T>(run: () => Promise<T>, opens = 'unavailable'): Promise<T> {
    const { ledger } = manager.gateway.app.books
    const { submit } = ledger
    Object.assign(ledger, {
      submit: async (command: { do: string }) => ({ is: command.do === 'open' ? opens : 'unavailable' }),
    })
    try {
      return await run()
    } finally {
      Object.assign(ledger, { submit })
    }
  }

  async function chat(account: string): Promise<number> {
    const { key } = await manager.done('POST', '/keys', { name: 'k', account })
    const response = await fetch(`${manager.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sandbox-1', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] }),
    })
    await response.text()
    return response.status
  }

  it('are made, and pay as soon as it is back', async () => {
    const made = await away(() => manager.ask('POST', '/accounts', { name: 'early', credit_limit_nano: usd }))
    expect(made).toMatchObject({ status: 201, body: { name: 'early', balance_nano: '0', held_nano: '0' } })
    expect((await manager.ask('POST', '/accounts', { name: 'early' })).status).toBe(409)
    expect(await chat(made.body.id)).toBe(200)
  })

  it('are changed, and the ledger follows before they pay again', async () => {
    const { id } = await manager.done('POST', '/accounts', { name: 'generous', credit_limit_nano: usd })
    expect(await chat(id)).toBe(200)
    const changed = await away(() => manager.ask('PATCH', `/accounts/${id}`, { credit_limit_nano: 0 }))
    expect(changed).toMatchObject({ status: 200, body: { credit_limit_nano: '0' } })
    expect(await chat(id)).toBe(429)
  })

  it.each(['PATCH', 'DELETE'])(
    'are left as they are by %s where they cannot even be read: 503, and nothing is done',
    async (method) => {
      const { id } = await manager.done('POST', '/accounts', { name: `unread ${method}` })
      const { store } = manager.gateway.app.books
      const { account } = store
      Object.assign(store, { account: () => Promise.reject(new Outage(new Error('ECONNREFUSED'))) })
      const answer = await manager.ask(method, `/accounts/${id}`, method === 'PATCH' ? { name: 'other' } : undefined)
      Object.assign(store, { account })
      expect(answer.status).toBe(503)
      expect(await manager.done('GET', `/accounts/${id}`)).toMatchObject({ name: `unread ${method}`, is_enabled: true })
    },
  )

  it('credited without an Idempotency-Key are not to be credited again unseen', async () => {
    const { id } = await manager.done('POST', '/accounts', { name: 'doubtful' })
    const credit = (headers = {}) =>
      away(() => manager.ask('POST', `/accounts/${id}/credit`, { amount_nano: 1, reason: 'x' }, { headers }), 'opened')
    expect(await credit({ 'idempotency-key': 'once' })).toMatchObject({
      status: 503,
      body: { error: { message: expect.stringMatching(/Try again/) } },
    })
    const blind = await credit()
    expect(blind).toMatchObject({ status: 503, body: { error: { message: expect.stringMatching(/Idempotency-Key/) } } })
    expect(blind.headers.get('retry-after')).toBeNull()
  })
})

describe('a floor that the ledger could not be told', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const account: Account = {
    id: 'acc_1',
    name: 'a',
    group: 'default',
    isEnabled: true,
    creditLimit: 5n,
    limits: {},
    source: 'api',
    createdAtMs: 1,
  }

  it('is told until it is heard, as it is by then', async () => {
    const floors: bigint[] = []
    let answers = ['unavailable', 'unavailable', 'opened']
    const accounts = new Map([[account.id, { ...account, creditLimit: 7n }]])
    const submit = async ({ floor }: { floor: bigint }) => {
      floors.push(floor)
      const [is, ...rest] = answers
      answers = rest
      return { is }
    }
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const relay = { log, snapshot: () => ({ accounts }), till: { ledger: { submit } } }
    // Of a relay only these are asked.
    await tellFloor(relay as unknown as Parameters<typeof tellFloor>[0], account)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(floors).toEqual([-5n, -7n, -7n])
  })
})
