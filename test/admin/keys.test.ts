import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Manager, startManager } from './manager.ts'

describe('keys', () => {
  let manager: Manager
  let nowMs = Date.now()
  beforeAll(async () => {
    manager = await startManager(
      `
sandbox: true
keys: [{ name: of-the-file, key: sk-chosen-0123456789 }]`,
      {},
      { clock: () => nowMs },
    )
  })
  afterAll(async () => {
    await manager.close()
  })

  const use = async (key: string, model = 'sandbox-1'): Promise<number> => {
    const response = await fetch(`${manager.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] }),
    })
    await response.text()
    return response.status
  }

  it('are shown once, and answer as soon as they are made', async () => {
    const made = await manager.done('POST', '/keys', { name: 'k' })
    expect(made).toMatchObject({ account: 'acc_default', models: ['*'], source: 'api' })
    expect(made.key).toMatch(/^sk-cw-[0-9A-Za-z]{38}$/)
    expect(await use(made.key)).toBe(200)
    const { key: _, ...told } = made
    expect(await manager.done('GET', `/keys/${made.id}`)).toEqual(told)
    expect((await manager.done('GET', '/keys?limit=200')).data).toContainEqual(told)
  })

  it('are of no use from the moment on when they are revoked', async () => {
    const { id, key } = await manager.done('POST', '/keys', { name: 'k' })
    await manager.done('DELETE', `/keys/${id}`)
    expect(await use(key)).toBe(401)
    expect((await manager.ask('GET', `/keys/${id}`)).status).toBe(404)
    expect((await manager.ask('DELETE', `/keys/${id}`)).status).toBe(404)
    expect((await manager.ask('POST', `/keys/${id}/rotate`, {})).status).toBe(404)
  })

  it('can do at once what they were changed to', async () => {
    const { id, key } = await manager.done('POST', '/keys', { name: 'k', models: ['sandbox-echo'] })
    expect(await use(key)).toBe(403)
    await manager.done('PATCH', `/keys/${id}`, { models: ['sandbox-*'] })
    expect(await use(key)).toBe(200)
    await manager.done('PATCH', `/keys/${id}`, { addresses: ['192.0.2.0/24'] })
    expect(await use(key)).toBe(403)
    await manager.done('PATCH', `/keys/${id}`, { addresses: null, routes: ['models'] })
    expect(await use(key)).toBe(403)
    await manager.done('PATCH', `/keys/${id}`, { routes: null, expires_at: new Date(nowMs + 1_000).toISOString() })
    expect(await use(key)).toBe(200)
    nowMs += 1_001
    expect(await use(key)).toBe(401)
    await manager.done('PATCH', `/keys/${id}`, {
      expires_at: null,
      aliases: [{ name: 'my-model', model: 'sandbox-1' }],
    })
    expect(await use(key, 'my-model')).toBe(200)
  })

  it('keep what is not said', async () => {
    const scope = {
      routes: ['chat'],
      addresses: ['127.0.0.1'],
      expires_at: '2099-01-01T00:00:00.000Z',
      budget: { total_nano: 5, daily_nano: 3 },
      limits: { concurrency: 2 },
    }
    const { key: _, ...made } = await manager.done('POST', '/keys', { name: 'k', ...scope })
    expect(made).toMatchObject({
      routes: ['chat'],
      addresses: ['127.0.0.1'],
      expires_at: '2099-01-01T00:00:00.000Z',
      budget: { total_nano: '5', total_usd: '0.000000005', daily_nano: '3', monthly_nano: null },
      limits: { concurrency: 2, requests_per_minute: null },
    })
    expect(await manager.done('PATCH', `/keys/${made.id}`, {})).toEqual(made)
    expect(await manager.done('PATCH', `/keys/${made.id}`, { name: 'other' })).toEqual({ ...made, name: 'other' })
  })

  it('are rotated with an overlap, and stay themselves', async () => {
    const before = await manager.done('POST', '/keys', { name: 'k', models: ['sandbox-*'] })
    const after = await manager.done('POST', `/keys/${before.id}/rotate`, { overlap_seconds: 60 })
    expect(after).toMatchObject({ id: before.id, models: ['sandbox-*'], created_at: before.created_at })
    expect(after.key).not.toBe(before.key)
    expect([await use(before.key), await use(after.key)]).toEqual([200, 200])
    nowMs += 60_001
    expect([await use(before.key), await use(after.key)]).toEqual([401, 200])
  })

  it('are rotated at once where no overlap is wanted, and revoked with their former value', async () => {
    const { id, key } = await manager.done('POST', '/keys', { name: 'k' })
    const second = await manager.done('POST', `/keys/${id}/rotate`, { overlap_seconds: 0 })
    expect([await use(key), await use(second.key)]).toEqual([401, 200])
    const third = await manager.done('POST', `/keys/${id}/rotate`, { overlap_seconds: 600 })
    await manager.done('DELETE', `/keys/${id}`)
    expect([await use(second.key), await use(third.key)]).toEqual([401, 401])
  })

  it('rotated twice count on as long as each of them was promised, and a third time without overlap not at all', async () => {
    const { id, key: first } = await manager.done('POST', '/keys', { name: 'k' })
    const { key: second } = await manager.done('POST', `/keys/${id}/rotate`, { overlap_seconds: 600 })
    const untilMs = nowMs + 600_000
    const { key: third, previous_until } = await manager.done('POST', `/keys/${id}/rotate`, { overlap_seconds: 60 })
    expect(previous_until).toBe(new Date(untilMs).toISOString())
    expect([await use(first), await use(second), await use(third)]).toEqual([200, 200, 200])
    nowMs += 60_001
    expect([await use(first), await use(second), await use(third)]).toEqual([200, 401, 200])
    const { key: fourth } = await manager.done('POST', `/keys/${id}/rotate`, { overlap_seconds: 0 })
    expect([await use(first), await use(third), await use(fourth)]).toEqual([401, 401, 200])
  })

  it('are not rotated without end: a former one that counts is never dropped for another', async () => {
    const { id, key } = await manager.done('POST', '/keys', { name: 'k' })
    for (let time = 0; time < 10; time++)
      await manager.done('POST', `/keys/${id}/rotate`, { overlap_seconds: 600 + time })
    const refused = await manager.ask('POST', `/keys/${id}/rotate`, { overlap_seconds: 60 })
    expect([refused.status, refused.body.error.param]).toEqual([409, 'overlap_seconds'])
    expect(await use(key)).toBe(200)
    nowMs += 600_001
    const { key: last } = await manager.done('POST', `/keys/${id}/rotate`, { overlap_seconds: 60 })
    expect([await use(key), await use(last)]).toEqual([401, 200])
  })

  it('of the file are changed in the file', async () => {
    const { data } = await manager.done('GET', '/keys?limit=200')
    const { id } = data.find(({ source }: { source: string }) => source === 'file')
    for (const [method, path, body] of [
      ['PATCH', `/keys/${id}`, { models: ['*'] }],
      ['POST', `/keys/${id}/rotate`, {}],
      ['DELETE', `/keys/${id}`, undefined],
    ] as const)
      expect((await manager.ask(method, path, body)).status).toBe(409)
  })

  it('are listed by account, page by page', async () => {
    const account = await manager.done('POST', '/accounts', { name: 'many keys' })
    const made: string[] = []
    for (let at = 0; at < 5; at++)
      made.push((await manager.done('POST', '/keys', { name: `k${at}`, account: account.id })).id)
    const found: string[] = []
    let cursor = ''
    do {
      const page = await manager.done('GET', `/keys?account=${account.id}&limit=2${cursor && `&cursor=${cursor}`}`)
      expect(page.data.length).toBeLessThanOrEqual(2)
      found.push(...page.data.map(({ id }: { id: string }) => id))
      cursor = page.next ?? ''
    } while (cursor !== '')
    expect(found).toEqual(made.toSorted())
  })

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 'k', account: 'acc_nobody' }, 'account'],
    [{ name: 'k', models: 'x' }, 'models'],
    [{ name: 'k', addresses: ['300.0.0.1'] }, 'addresses.0'],
    [{ name: 'k', routes: ['admin'] }, 'routes.0'],
    [{ name: 'k', expires_at: 'tomorrow' }, 'expires_at'],
    [{ name: 'k', budget: { yearly_nano: 1 } }, 'budget.yearly_nano'],
    [{ name: 'k', limits: { concurrency: 0 } }, 'limits.concurrency'],
    [{ name: 'k', hash: '00' }, 'hash'],
    [{ name: 'k', source: 'file' }, 'source'],
    [{ name: 'k', previous: {} }, 'previous'],
  ])('are not made of %j', async (body, param) => {
    expect(await manager.ask('POST', '/keys', body)).toMatchObject({ status: 400, body: { error: { param } } })
  })

  it('do not move to another account', async () => {
    const { id } = await manager.done('POST', '/keys', { name: 'k' })
    expect(await manager.ask('PATCH', `/keys/${id}`, { account: 'acc_default' })).toMatchObject({
      status: 400,
      body: { error: { param: 'account' } },
    })
  })
})
