import { afterEach, describe, expect, it, vi } from 'vitest'
import { nano } from '../../src/model/money.ts'
import type { RequestRow } from '../../src/store/requests.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'

// What the holder of a key sees of its money.

const secrets = {
  free: 'sk-free-0123456789abcdef',
  paid: 'sk-paid-0123456789abcdef',
  twin: 'sk-twin-0123456789abcdef',
  tight: 'sk-tight-0123456789abcdef',
  chat: 'sk-chat-0123456789abcdef',
} as const
type Name = keyof typeof secrets

const nowMs = Date.parse('2026-11-21T12:34:56Z')
const day = 86_400_000
const usd = (amount: number) => nano(BigInt(Math.round(amount * 1e9)))

let gateway: Gateway
afterEach(() => gateway.close())

const start = async (): Promise<void> => {
  gateway = await startGateway(
    `
sandbox: true
accounts: [{ name: acme, credit_limit: 5, group: dear }]
groups: [{ name: dear, multiplier: 2 }]
keys:
  - { name: free, key: ${secrets.free} }
  - { name: paid, key: ${secrets.paid}, account: acme, expires: 2027-01-01T00:00:00Z }
  - { name: twin, key: ${secrets.twin}, account: acme }
  - { name: tight, key: ${secrets.tight}, account: acme, models: ["sandbox-1", "gpt-*"], budget: { total: 10, daily: 0.5 } }
  - { name: chat, key: ${secrets.chat}, routes: [chat] }`,
    {},
    { clock: () => nowMs },
  )
}

const get = (path: string, name?: Name | 'wrong'): Promise<Response> => {
  const secret = name === 'wrong' ? 'sk-wrong' : name && secrets[name]
  return fetch(`${gateway.url}${path}`, { headers: secret ? { authorization: `Bearer ${secret}` } : {} })
}

// The bodies of these routes are objects.
const body = async (path: string, name: Name): Promise<Record<string, unknown>> => {
  const answer = await get(path, name)
  expect(answer.status, path).toBe(200)
  return answer.json() as Promise<Record<string, unknown>>
}

const keyId = async (name: Name): Promise<string> => {
  const row = (await gateway.app.store.keys.list()).find((one) => one.name === name)
  if (!row) throw new Error(`no key ${name}`)
  return row.id
}

const accountOf = async (name: Name): Promise<string> => {
  const row = (await gateway.app.store.keys.list()).find((one) => one.name === name)
  return row?.account ?? ''
}

/** A request as the relay leaves it behind: money in the ledger, a row in the log. */
async function spend(name: Name, amount: number, atMs = nowMs, more: Partial<RequestRow> = {}): Promise<RequestRow> {
  const [id, account] = await Promise.all([keyId(name), accountOf(name)])
  const { ledger } = gateway.app.books
  const request = `req_${Math.random()}`
  await ledger.submit<'open'>({ do: 'open', account: `user:${account}`, floor: nano(-(2n ** 62n)) })
  const budgets =
    name === 'tight'
      ? [
          { account: `key:${id}:total`, limit: usd(10) },
          { account: `key:${id}:2026-11-21`, limit: usd(0.5) },
        ]
      : []
  const holds = [{ account: `user:${account}` }, ...budgets]
  await ledger.submit<'reserve'>({ do: 'reserve', id: request, holds, amount: usd(amount) })
  await ledger.submit<'settle'>({ do: 'settle', id: request, charge: usd(amount), costs: [], source: 'vendor' })
  const row: RequestRow = {
    id: request,
    atMs,
    account,
    keyId: id,
    model: 'sandbox-1',
    channel: 'sandbox',
    outcome: 'answered',
    charged: usd(amount),
    detail: { usage: { input: 7, cacheRead: 3, output: 5, reasoning: 2 }, isStream: true, durationMs: 1_200 },
    ...more,
  }
  await gateway.app.store.requests.add([row])
  return row
}

describe('GET /api/usage/token', () => {
  const usage = async (name: Name) => (await body('/api/usage/token/', name)).data

  it('of a key without a limit says so', async () => {
    await start()
    await spend('free', 1.000_001)
    expect(await body('/api/usage/token/', 'free')).toEqual({
      code: true,
      message: 'ok',
      data: {
        object: 'token_usage',
        name: 'free',
        total_granted: 50_000_000_000_000,
        total_used: 500_000,
        total_available: 49_999_999_500_000,
        unlimited_quota: true,
        model_limits: {},
        model_limits_enabled: false,
        expires_at: 0,
      },
    })
  })

  it('of a key of a prepaid account tells the balance of the account, and what all its keys used', async () => {
    await start()
    const account = `user:${await accountOf('paid')}`
    await spend('paid', 2)
    await spend('twin', 1.5)
    const credit = { do: 'credit', id: 'c', account, amount: usd(20), reason: 'paid', actor: 'test' } as const
    await gateway.app.books.ledger.submit<'credit'>(credit)
    // 20 came in, 3.50 went out, and 5 may be owed.
    expect(await usage('paid')).toMatchObject({
      total_granted: 12_500_000,
      total_used: 1_750_000,
      total_available: 10_750_000,
      unlimited_quota: false,
      expires_at: Date.parse('2027-01-01T00:00:00Z') / 1000,
    })
  })

  it('of a key with budgets tells the one with the least left', async () => {
    await start()
    expect(await usage('tight')).toMatchObject({ total_granted: 250_000, total_used: 0, total_available: 250_000 })
    await spend('tight', 0.2)
    await spend('twin', 3)
    expect(await usage('tight')).toMatchObject({
      total_granted: 250_000,
      total_used: 100_000,
      total_available: 150_000,
      unlimited_quota: false,
      model_limits: { 'sandbox-1': true, 'gpt-*': true },
      model_limits_enabled: true,
    })
  })

  it('rounds points down, and what is only reserved is not used', async () => {
    await start()
    await spend('tight', 0.000_003_999)
    const { ledger } = gateway.app.books
    const holds = [{ account: `key:${await keyId('tight')}:2026-11-21`, limit: usd(0.5) }]
    await ledger.submit<'reserve'>({ do: 'reserve', id: 'open', holds, amount: usd(0.4) })
    expect(await usage('tight')).toMatchObject({ total_granted: 250_000, total_used: 1, total_available: 249_999 })
  })

  it('is served with and without the slash', async () => {
    await start()
    expect(await (await get('/api/usage/token', 'free')).text()).toBe(
      await (await get('/api/usage/token/', 'free')).text(),
    )
  })
})

describe('/dashboard/billing', () => {
  for (const root of ['', '/v1']) {
    it(`${root}/dashboard/billing/subscription tells the limit in dollars`, async () => {
      await start()
      await spend('tight', 0.2)
      const told = (limit: number, until: number) => ({
        object: 'billing_subscription',
        has_payment_method: true,
        soft_limit_usd: limit,
        hard_limit_usd: limit,
        system_hard_limit_usd: limit,
        access_until: until,
      })
      expect(await body(`${root}/dashboard/billing/subscription`, 'tight')).toEqual(told(0.5, 0))
      expect(await body(`${root}/dashboard/billing/subscription`, 'free')).toEqual(told(100_000_000, 0))
      expect(await body(`${root}/dashboard/billing/subscription/`, 'paid')).toMatchObject({
        access_until: 1_798_761_600,
      })
    })

    it(`${root}/dashboard/billing/credit_grants is the older form`, async () => {
      await start()
      await spend('tight', 0.2)
      expect(await body(`${root}/dashboard/billing/credit_grants`, 'tight')).toEqual({
        object: 'credit_summary',
        total_granted: 0.5,
        total_used: 0.2,
        total_available: 0.3,
        expires_at: 0,
      })
    })

    it(`${root}/dashboard/billing/usage honours its dates`, async () => {
      await start()
      const noon = Date.parse('2026-11-10T12:00:00Z')
      await spend('free', 0.1, noon)
      await spend('free', 0.03, noon + day)
      await spend('free', 0.002_000_5, noon + 2 * day)
      await spend('twin', 5, noon)
      const usage = async (query: string) =>
        (await body(`${root}/dashboard/billing/usage${query}`, 'free')) as { total_usage: number }
      expect(await usage('')).toEqual({ object: 'list', total_usage: 13.200_05 })
      const cases: readonly (readonly [string, number])[] = [
        ['?start_date=2026-11-10&end_date=2026-11-10', 10],
        ['?start_date=2026-11-10&end_date=2026-11-11', 13],
        ['?start_date=2026-11-11&end_date=2026-11-30', 3.200_05],
        ['?start_date=2026-11-13', 0],
        ['?end_date=2026-11-9', 0],
        [`?start_date=${noon / 1000}&end_date=${(noon + day) / 1000}`, 13],
        [`?start_date=${noon + day}&end_date=${noon + 2 * day}`, 3.200_05],
      ]
      for (const [query, cents] of cases) expect((await usage(query)).total_usage, query).toBe(cents)
    })
  }

  it('speaks of the same time as the subscription, where no dates are said', async () => {
    await start()
    await spend('tight', 0.2)
    // The budget of the day before is another one.
    const row = await spend('twin', 0.3)
    const yesterday = { id: 'req_yesterday', keyId: await keyId('tight'), atMs: nowMs - day, charged: usd(0.3) }
    await gateway.app.store.requests.add([{ ...row, ...yesterday }])
    const told = await body('/v1/dashboard/billing/subscription', 'tight')
    expect([told.hard_limit_usd, await body('/v1/dashboard/billing/usage', 'tight')]).toEqual([
      0.5,
      { object: 'list', total_usage: 20 },
    ])
    expect(await body('/v1/dashboard/billing/usage?start_date=2026-11-20', 'tight')).toMatchObject({ total_usage: 50 })
  })

  it('refuses dates that are none', async () => {
    await start()
    const queries = [
      'start_date=soon',
      'start_date=2026-02-30',
      'end_date=-1',
      'start_date=2026-11-02&end_date=2026-11-01',
    ]
    for (const query of queries) {
      const refused = await get(`/v1/dashboard/billing/usage?${query}`, 'free')
      expect([refused.status, await refused.json()], query).toEqual([
        400,
        { error: expect.objectContaining({ type: 'invalid_request_error', param: expect.stringMatching(/_date$/) }) },
      ])
    }
  })

  it('counts a prepaid account whole, and a key with a budget alone', async () => {
    await start()
    await spend('paid', 1)
    await spend('twin', 2)
    await spend('tight', 0.25)
    for (const [name, cents] of [
      ['paid', 325],
      ['twin', 325],
      ['tight', 25],
    ] as const)
      expect(await body('/dashboard/billing/usage', name)).toEqual({ object: 'list', total_usage: cents })
  })
})

describe('GET /api/log/token', () => {
  it('tells what a dead server left as it was charged, and as a failure where it was not', async () => {
    await start()
    await spend('paid', 0.02, nowMs - 2_000, { outcome: 'swept' })
    await spend('paid', 0.02, nowMs - 1_000, { outcome: 'swept', charged: 0n })
    const { data } = await body('/api/log/token', 'paid')
    expect(data).toMatchObject([
      { type: 5, quota: 0 },
      { type: 2, quota: 10_000 },
    ])
  })

  it('tells the requests of the key, the newest first', async () => {
    await start()
    await spend('paid', 0.01, nowMs - 2_000)
    const newest = await spend('paid', 0.02, nowMs - 1_000, { outcome: 'failed', charged: 0n })
    await spend('twin', 9)
    const { data, ...rest } = await body('/api/log/token', 'paid')
    expect(rest).toEqual({ success: true, message: '' })
    expect(data).toHaveLength(2)
    expect(data).toMatchObject([
      { id: 1, type: 5, quota: 0, request_id: newest.id },
      { id: 2, type: 2, quota: 5_000 },
    ])
    // As the panels know it, nothing missing and nothing more.
    expect((data as readonly unknown[])[1]).toEqual({
      id: 2,
      user_id: 0,
      created_at: nowMs / 1000 - 2,
      type: 2,
      content: '',
      username: 'acme',
      token_name: 'paid',
      model_name: 'sandbox-1',
      quota: 5_000,
      prompt_tokens: 10,
      completion_tokens: 7,
      use_time: 2,
      is_stream: true,
      channel: 0,
      channel_name: '',
      token_id: 0,
      group: 'dear',
      ip: '',
      request_id: expect.stringMatching(/^req_/),
      upstream_request_id: '',
      other: '{"cache_tokens":3,"charged_nano_usd":"10000000"}',
    })
  })

  it('pages, and is bounded', async () => {
    await start()
    for (let at = 0; at < 5; at++) await spend('paid', 0.01, nowMs - at * 1_000)
    const ids = async (query: string) =>
      ((await body(`/api/log/token${query}`, 'paid')).data as readonly { id: number }[]).map(({ id }) => id)
    expect(await ids('?p=1&size=2')).toEqual([1, 2])
    expect(await ids('?p=3&size=2')).toEqual([5])
    expect(await ids('?p=4&size=2')).toEqual([])
    expect(await ids('?p=2&page_size=3')).toEqual([4, 5])
    expect(await ids('?p=999999999&size=1000')).toEqual([])
    expect(await ids('?p=-1&size=abc')).toEqual([1, 2, 3, 4, 5])
  })
})

describe('who may look', () => {
  const panels = ['/api/usage/token/', '/api/usage/token', '/api/log/token']
  const dashboards = [
    '/dashboard/billing/subscription',
    '/v1/dashboard/billing/usage',
    '/v1/dashboard/billing/credit_grants',
  ]

  it.each(panels)('%s refuses in the words of the panels', async (path) => {
    await start()
    const told = async (name?: Name | 'wrong') => {
      const answer = await get(path, name)
      return [answer.status, await answer.json()]
    }
    expect(await told()).toEqual([401, { success: false, message: 'No Authorization header' }])
    expect(await told('wrong')).toEqual([401, { success: false, message: 'Invalid Bearer token' }])
    expect(await told('chat')).toEqual([403, { success: false, message: expect.stringContaining('billing') }])
  })

  it.each(dashboards)('%s refuses as OpenAI does', async (path) => {
    await start()
    for (const [name, status] of [
      [undefined, 401],
      ['wrong', 401],
      ['chat', 403],
    ] as const) {
      const answer = await get(path, name)
      expect([answer.status, await answer.json()]).toEqual([
        status,
        { error: expect.objectContaining({ type: 'invalid_request_error', message: expect.any(String) }) },
      ])
    }
  })
})

describe('a ledger that cannot be read', () => {
  it.each(['/api/usage/token/', '/v1/dashboard/billing/subscription'])('%s says when to come back', async (path) => {
    await start()
    vi.spyOn(gateway.app.books.store, 'account').mockRejectedValue(new Error('gone'))
    const refused = await get(path, 'tight')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await refused.text()).not.toContain('gone')
  })
})
