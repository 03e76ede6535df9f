import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Manager, startManager } from './manager.ts'

const usd = 1_000_000_000

describe('accounts and their money', () => {
  let manager: Manager
  beforeAll(async () => {
    manager = await startManager(
      `
sandbox: true
accounts: [{ name: of-the-file }]
prices: [{ model: "sandbox-*", input: 1000, output: 2000 }]`,
    )
  })
  afterAll(async () => {
    await manager.close()
  })

  const names = new Set<string>()
  const newAccount = async (more: object = {}) => {
    names.add(`account-${names.size}`)
    return manager.done('POST', '/accounts', { name: [...names].at(-1), ...more })
  }
  const entries = async (id: string, query = '') => manager.done('GET', `/accounts/${id}/ledger${query}`)

  it('begin with nothing, and may owe nothing', async () => {
    const account = await newAccount()
    expect(account).toMatchObject({ balance_nano: '0', credit_limit_nano: '0', is_enabled: true, source: 'api' })
    expect(await manager.done('GET', `/accounts/${account.id}`)).toEqual(account)
    const refused = await manager.ask('POST', `/accounts/${account.id}/adjust`, { amount_nano: -1, reason: 'x' })
    expect(refused).toMatchObject({ status: 400, body: { error: { param: 'amount_nano' } } })
  })

  it('are credited and put right, each with its reason and its actor', async () => {
    const { id } = await newAccount({ credit_limit_nano: usd })
    expect(
      (await manager.done('POST', `/accounts/${id}/credit`, { amount_nano: 5, reason: 'card' })).balance_nano,
    ).toBe('5')
    expect(
      (await manager.done('POST', `/accounts/${id}/adjust`, { amount_nano: -7, reason: 'slip' })).balance_nano,
    ).toBe('-2')
    expect((await manager.done('GET', `/accounts/${id}`)).balance_usd).toBe('-0.000000002')
    const { data } = await entries(id)
    expect(data).toMatchObject([
      { kind: 'adjust', amount_nano: '7', debit: `user:${id}`, reason: 'slip', request: null },
      { kind: 'credit', amount_nano: '5', credit: `user:${id}`, reason: 'card', actor: expect.stringMatching(/^tok_/) },
    ])
  })

  it('count a credit once, however often it is asked', async () => {
    const { id } = await newAccount()
    const credit = (amount: number, to = id) =>
      manager.ask(
        'POST',
        `/accounts/${to}/credit`,
        { amount_nano: amount, reason: 'card' },
        { headers: { 'idempotency-key': `payment-${id}` } },
      )
    const answers = await Promise.all(Array.from({ length: 20 }, () => credit(7)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(answers[0]?.body.balance_nano).toBe('7')
    expect((await credit(8)).status).toBe(409)
    expect((await credit(7, (await newAccount()).id)).status).toBe(409)
    expect((await entries(id)).data).toHaveLength(1)
    const { data } = await manager.done('GET', '/audit?limit=200')
    expect(
      data.filter((row: { subject: string; action: string }) => row.subject === id && row.action === 'account.credit'),
    ).toHaveLength(1)
  })

  it('refuse an Idempotency-Key that is none', async () => {
    const { id } = await newAccount()
    const headers = { 'idempotency-key': 'x'.repeat(201) }
    const answer = await manager.ask('POST', `/accounts/${id}/credit`, { amount_nano: 1, reason: 'x' }, { headers })
    expect(answer).toMatchObject({ status: 400, body: { error: { param: 'idempotency-key' } } })
  })

  it('tell their entries page by page, none twice', async () => {
    const { id } = await newAccount()
    for (let amount = 1; amount <= 7; amount++)
      await manager.done('POST', `/accounts/${id}/credit`, { amount_nano: amount, reason: 'x' })
    const amounts: string[] = []
    let cursor = ''
    do {
      const page = await entries(id, `?limit=3${cursor && `&cursor=${cursor}`}`)
      amounts.push(...page.data.map((row: { amount_nano: string }) => row.amount_nano))
      cursor = page.next ?? ''
    } while (cursor !== '')
    expect(amounts).toEqual(['7', '6', '5', '4', '3', '2', '1'])
  })

  it('pay for requests, each told from its reservation to its charge', async () => {
    const { id } = await newAccount()
    await manager.done('POST', `/accounts/${id}/credit`, { amount_nano: 100 * usd, reason: 'card' })
    const { key, id: keyId } = await manager.done('POST', '/keys', { name: 'k', account: id })
    const response = await chat(key)
    expect(response.status).toBe(200)
    const request = response.headers.get('x-request-id') ?? ''
    await response.text()
    const told = await until(
      () => manager.ask('GET', `/requests/${request}`),
      ({ body }) => body.request && body.reservation?.state === 'settled',
    )
    const { reservation, entries: moved, request: row } = told.body
    expect(reservation).toMatchObject({ accounts: [`user:${id}`], source: 'vendor' })
    expect(row).toMatchObject({ account: id, key: keyId, model: 'sandbox-1', charged_nano: reservation.charged_nano })
    expect(row.detail.usage.output).toBeGreaterThan(0)
    // 1000 USD a million tokens read, 2000 a million written: 10⁶ and 2 × 10⁶ nano-USD each.
    const { input, output } = row.detail.usage
    expect(reservation.charged_nano).toBe(String(1_000_000 * input + 2_000_000 * output))
    expect(moved).toContainEqual(
      expect.objectContaining({ kind: 'charge', amount_nano: reservation.charged_nano, debit: `user:${id}`, request }),
    )
    const { balance_nano: balance, held_nano: held } = await manager.done('GET', `/accounts/${id}`)
    expect([BigInt(balance) + BigInt(reservation.charged_nano), held]).toEqual([100n * BigInt(usd), '0'])
    expect((await manager.done('GET', `/requests?account=${id}`)).data.map((one: { id: string }) => one.id)).toEqual([
      request,
    ])
    expect((await manager.done('GET', `/requests?key=${keyId}`)).data).toHaveLength(1)
    expect((await manager.done('GET', '/requests?key=key_nobody')).data).toEqual([])
    for (const path of [`/accounts/${id}/spending`, `/keys/${keyId}/spending`]) {
      expect(await manager.done('GET', path)).toMatchObject({ charged_nano: reservation.charged_nano })
      expect(
        await manager.done('GET', `${path}?from=${told.body.request.at}&to=${told.body.request.at}`),
      ).toMatchObject({
        charged_nano: reservation.charged_nano,
      })
      expect(await manager.done('GET', `${path}?to=2020-01-01T00:00:00Z`)).toMatchObject({ charged_nano: '0' })
    }
    expect((await manager.done('GET', `/requests?account=${id}&to=2020-01-01T00:00:00Z`)).data).toEqual([])
  })

  it('that have nothing pay for nothing', async () => {
    const { id } = await newAccount()
    const { key } = await manager.done('POST', '/keys', { name: 'k', account: id })
    const refused = await chat(key)
    expect(refused.status).toBe(429)
    expect(await refused.text()).toContain('insufficient_quota')
    await manager.done('PATCH', `/accounts/${id}`, { credit_limit_nano: 100 * usd })
    expect((await chat(key)).status).toBe(200)
  })

  it('that are switched off answer no more, and keep their money', async () => {
    const { id } = await newAccount()
    await manager.done('POST', `/accounts/${id}/credit`, { amount_nano: 100 * usd, reason: 'card' })
    const { key } = await manager.done('POST', '/keys', { name: 'k', account: id })
    expect((await chat(key)).status).toBe(200)
    expect(await manager.done('DELETE', `/accounts/${id}`)).toMatchObject({ id, is_enabled: false })
    expect((await chat(key)).status).toBe(403)
    await manager.done('PATCH', `/accounts/${id}`, { is_enabled: true })
    expect((await chat(key)).status).toBe(200)
  })

  it('are changed field by field', async () => {
    const account = await newAccount({ credit_limit_nano: 5, limits: { requests_per_minute: 9 } })
    const renamed = await manager.done('PATCH', `/accounts/${account.id}`, { name: `${account.name}!` })
    expect(renamed).toEqual({ ...account, name: `${account.name}!` })
    expect(await manager.done('PATCH', `/accounts/${account.id}`, {})).toEqual(renamed)
    const trusted = await manager.done('PATCH', `/accounts/${account.id}`, { credit_limit_nano: null, limits: {} })
    expect(trusted).toMatchObject({ credit_limit_nano: null, limits: { requests_per_minute: null } })
  })

  it.each([
    ['balance_nano', 5],
    ['id', 'acc_other'],
    ['source', 'file'],
    ['created_at', '2020-01-01T00:00:00Z'],
    ['held_nano', '0'],
  ])('have no field that may be written called %s', async (field, value) => {
    const { id } = await newAccount()
    for (const [method, path] of [
      ['POST', '/accounts'],
      ['PATCH', `/accounts/${id}`],
    ] as const)
      expect(await manager.ask(method, path, { name: 'x', [field]: value })).toMatchObject({
        status: 400,
        body: { error: { param: field } },
      })
  })

  it('have names of their own and groups that there are', async () => {
    const account = await newAccount()
    expect((await manager.ask('POST', '/accounts', { name: account.name })).status).toBe(409)
    expect(await manager.ask('POST', '/accounts', { name: 'x', group: 'nobody' })).toMatchObject({
      status: 400,
      body: { error: { param: 'group' } },
    })
    expect(await manager.ask('POST', '/accounts', { name: 'a\u0000b' })).toMatchObject({
      status: 400,
      body: { error: { param: 'name' } },
    })
  })

  it('of the file are changed in the file', async () => {
    const { data } = await manager.done('GET', '/accounts?limit=200')
    const { id } = data.find(({ source }: { source: string }) => source === 'file')
    expect((await manager.ask('PATCH', `/accounts/${id}`, { name: 'mine' })).status).toBe(409)
    expect((await manager.ask('DELETE', `/accounts/${id}`)).status).toBe(409)
    expect(
      (await manager.done('POST', `/accounts/${id}/credit`, { amount_nano: 3, reason: 'gift' })).balance_nano,
    ).toBe('3')
  })

  const chat = (key: string) =>
    fetch(`${manager.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sandbox-1', max_tokens: 100, messages: [{ role: 'user', content: 'hello' }] }),
    })
})

/** Asks until it is so: rows of the log are written a few at a time. */
async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => unknown): Promise<T> {
  const endMs = Date.now() + 10_000
  for (;;) {
    const answer = await ask()
    if (isSo(answer) || Date.now() > endMs) return answer
    await new Promise(setImmediate)
  }
}
