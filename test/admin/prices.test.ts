import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Manager, startManager } from './manager.ts'

describe('prices, models and groups', () => {
  let manager: Manager
  beforeAll(async () => {
    manager = await startManager(
      `
sandbox: true
groups: [{ name: of-the-file }]
prices: [{ model: "filed-*", input: 1.5, output: 0.0000000001 }]`,
    )
  })
  afterAll(async () => {
    await manager.close()
  })

  const priceOf = async (model: string) => {
    const { data } = await manager.done('GET', '/models?limit=200')
    return data.find((one: { model: string }) => one.model === model)?.channels[0].price
  }

  it('count as soon as they are set, the latest that has begun', async () => {
    expect(await priceOf('sandbox-1')).toMatchObject({ id: 'free', rates: {} })
    const first = await manager.done('POST', '/prices', {
      model: 'sandbox-1',
      input_nano: 3_000_000_001,
      output_nano: 7,
    })
    expect(first).toMatchObject({
      rates: { input_nano: '3000000001', input_usd: '3.000000001', output_nano: '7', output_usd: '0.000000007' },
      free: false,
      source: 'api',
    })
    expect(await priceOf('sandbox-1')).toMatchObject({
      id: first.id,
      rates: { input: '3000000001', cacheRead: '3000000001', output: '7' },
    })
    await manager.done('POST', '/prices', { model: 'sandbox-1', input_nano: 1, valid_from: '2099-01-01T00:00:00Z' })
    expect(await priceOf('sandbox-1')).toMatchObject({ id: first.id })
    const free = await manager.done('POST', '/prices', { model: 'sandbox-1', free: true })
    expect(await priceOf('sandbox-1')).toMatchObject({ id: free.id, rates: {} })
  })

  it('are exact up to a million dollars for a token', async () => {
    for (const amount of [1, 123_456_789_012_345, 999_999_999_999_999, 10 ** 15]) {
      const price = await manager.done('POST', '/prices', { model: 'exact', input_nano: amount, image_nano: amount })
      expect(price.rates).toMatchObject({ input_nano: String(amount), image_nano: String(amount) })
    }
  })

  it('have tiers', async () => {
    const price = await manager.done('POST', '/prices', {
      model: 'long',
      input_nano: 1,
      above: [{ tokens: 200_000, input_nano: 2 }],
    })
    expect(price.above).toEqual([{ tokens: 200_000, rates: { input_nano: '2', input_usd: '0.000000002' } }])
    expect((await manager.done('GET', '/prices?limit=200')).data).toContainEqual(price)
  })

  it('need a rate for all requests beside that for long ones', async () => {
    const above = [{ tokens: 10, output_nano: 5 }]
    const refused = await manager.ask('POST', '/prices', { model: 'odd', input_nano: 1, above })
    expect(refused.status).toBe(400)
    expect(JSON.stringify(refused.body)).toContain('above.0.output_nano')
  })

  it('have prices for other service tiers', async () => {
    const price = await manager.done('POST', '/prices', {
      model: 'sandbox-vision',
      input_nano: 1_000_000_000,
      tiers: { flex: { factor_ppm: 500_000 }, fast: { input_nano: 3, above: [{ tokens: 7, input_nano: 9 }] } },
    })
    expect(price.tiers).toEqual([
      { tier: 'flex', factor_ppm: 500_000, rates: {}, above: [] },
      {
        tier: 'fast',
        rates: { input_nano: '3', input_usd: '0.000000003' },
        above: [{ tokens: 7, rates: { input_nano: '9', input_usd: '0.000000009' } }],
      },
    ])
    expect((await manager.done('GET', '/prices?limit=200')).data).toContainEqual(price)
    expect(await priceOf('sandbox-vision')).toMatchObject({
      rates: { input: '1000000000' },
      tiers: { flex: { input: '500000000', cacheRead: '500000000' }, fast: { input: '3' } },
    })
  })

  it.each([
    [{ tiers: { flex: { factor_ppm: 1 } } }],
    [{ input_nano: 1, tiers: { flex: {} } }],
    [{ input_nano: 1, tiers: { flex: { factor_ppm: 1, input_nano: 1 } } }],
    [{ input_nano: 1, tiers: { standard: { factor_ppm: 1 } } }],
    [{ above: [{ tokens: 1, input_nano: 1 }] }],
  ])('say what they say once, and of what: %j does not', async (more) => {
    expect((await manager.ask('POST', '/prices', { model: 'm', ...more })).status).toBe(400)
  })

  it('of the file are told too, finer ones rounded up', async () => {
    const { data } = await manager.done('GET', '/prices?limit=200')
    expect(data.find(({ source }: { source: string }) => source === 'file')).toMatchObject({
      model: 'filed-*',
      rates: { input_nano: '1500000000', output_nano: '1' },
    })
  })

  it.each([[{}], [{ free: false }], [{ valid_from: '2026-01-01T00:00:00Z' }]])(
    'say something: %j does not',
    async (more) => {
      expect((await manager.ask('POST', '/prices', { model: 'm', ...more })).status).toBe(400)
    },
  )

  it('are multiplied by the group of an account', async () => {
    await manager.done('POST', '/prices', { model: 'sandbox-echo', input_nano: 1_000_000_000 })
    await manager.done('POST', '/groups', { name: 'vip', multiplier_ppm: 500_000 })
    const account = await manager.done('POST', '/accounts', {
      name: 'acme',
      group: 'vip',
      credit_limit_nano: 1_000_000,
    })
    const { key } = await manager.done('POST', '/keys', { name: 'k', account: account.id })
    const ask = async () => {
      const response = await fetch(`${manager.gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'sandbox-echo', messages: [{ role: 'user', content: 'hello' }] }),
      })
      await response.text()
      return response.status
    }
    const balance = async () => Number((await manager.done('GET', `/accounts/${account.id}`)).balance_nano)
    expect(await ask()).toBe(200)
    await expect.poll(balance).toBeLessThan(0)
    const first = await balance()
    expect(first % 500).toBe(-0)
    await manager.done('PATCH', '/groups/vip', { multiplier_ppm: 2_000_000 })
    expect(await ask()).toBe(200)
    await expect.poll(balance).toBe(5 * first)
    await manager.done('PATCH', '/groups/vip', { channels: ['no-such-channel'] })
    expect(await ask()).toBeGreaterThanOrEqual(400)
  })

  it('groups stay as long as somebody is in them, or the file says so', async () => {
    expect((await manager.ask('DELETE', '/groups/vip')).status).toBe(409)
    expect((await manager.ask('DELETE', '/groups/default')).status).toBe(409)
    expect((await manager.ask('DELETE', '/groups/of-the-file')).status).toBe(409)
    expect((await manager.ask('PATCH', '/groups/of-the-file', {})).status).toBe(409)
    expect((await manager.ask('POST', '/groups', { name: 'vip' })).status).toBe(409)
    await manager.done('POST', '/groups', { name: '一組' })
    await manager.done('DELETE', `/groups/${encodeURIComponent('一組')}`)
    const { data } = await manager.done('GET', '/groups')
    expect(data.map(({ name }: { name: string }) => name)).toEqual(['default', 'of-the-file', 'vip'])
    const { data: page, next } = await manager.done('GET', '/groups?limit=2')
    const rest = await manager.done('GET', `/groups?limit=2&cursor=${next}`)
    expect([...page, ...rest.data]).toEqual(data)
    expect(rest.next).toBeNull()
  })
})
