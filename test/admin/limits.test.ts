import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSandbox } from '../../src/sandbox/index.ts'
import { type Manager, startManager } from './manager.ts'

// Limits of keys, accounts, models and channels: what they take, what they tell, and that they hold at once.

let manager: Manager
let sandbox: Awaited<ReturnType<typeof startSandbox>>
const nowMs = Date.now()
beforeAll(async () => {
  sandbox = await startSandbox()
  manager = await startManager(
    'sandbox: true\nmodel_limits: { of-the-file: { concurrency: 3 } }',
    {},
    { clock: () => nowMs },
  )
})
afterAll(async () => {
  await manager.close()
  await sandbox.close()
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

let made = 0
const newChannel = (more: object = {}) => ({
  name: `limited-${++made}`,
  provider: 'sandbox',
  base_url: sandbox.url,
  models: [{ name: `limited-${made}`, upstream: 'sandbox-1' }],
  secrets: ['s'],
  ...more,
})
const newKey = async (more: object = {}) => manager.done('POST', '/keys', { name: 'k', ...more })

const one = { requests_per_minute: 1, tokens_per_minute: null, concurrency: null }

describe('limits', () => {
  it('of a model on a key are told, hold, change and go', async () => {
    const limits = { concurrency: 9, models: { 'sandbox-*': { requests_per_minute: 1 } } }
    const { id, key, ...key1 } = await newKey({ limits })
    expect(key1.limits).toEqual({ ...one, requests_per_minute: null, concurrency: 9, models: { 'sandbox-*': one } })
    expect([await use(key), await use(key)]).toEqual([200, 429])
    const free = await manager.done('PATCH', `/keys/${id}`, { limits: null })
    expect(free.limits.models).toEqual({})
    expect(await use(key)).toBe(200)
  })

  it('of a model on an account are told and hold', async () => {
    const account = await manager.done('POST', '/accounts', {
      name: 'limited',
      credit_limit_nano: null,
      limits: { models: { 'sandbox-1': { requests_per_minute: 1 } } },
    })
    expect(account.limits.models).toEqual({ 'sandbox-1': one })
    const keys = [await newKey({ account: account.id }), await newKey({ account: account.id })]
    expect([await use(keys[0].key), await use(keys[1].key)]).toEqual([200, 429])
  })

  it('of a model for everybody are set, told, change and go', async () => {
    const { key } = await newKey()
    const limits = { requests_per_minute: 1 }
    const row = { model: 'sandbox-ech*', limits: one, source: 'api' }
    expect(await manager.done('POST', '/model-limits', { model: row.model, limits })).toEqual(row)
    expect([await use(key, 'sandbox-echo'), await use(key, 'sandbox-echo')]).toEqual([200, 429])
    expect((await manager.done('GET', '/model-limits?limit=1')).data).toEqual([
      { model: 'of-the-file', limits: { ...one, requests_per_minute: null, concurrency: 3 }, source: 'file' },
    ])
    expect((await manager.done('GET', '/model-limits')).data).toContainEqual(row)
    await manager.done('POST', '/model-limits', { model: row.model, limits: { requests_per_minute: 600_000 } })
    await manager.done('DELETE', `/model-limits/${encodeURIComponent(row.model)}`)
    expect(await use(key, 'sandbox-echo')).toBe(200)
    expect((await manager.ask('DELETE', `/model-limits/${encodeURIComponent(row.model)}`)).status).toBe(404)
    const { data } = await manager.done('GET', '/audit')
    const deeds = data.filter(({ subject }: { subject: string }) => subject === row.model)
    // They may be of one millisecond.
    expect(deeds.map(({ action }: { action: string }) => action).sort()).toEqual([
      'model_limits.delete',
      'model_limits.set',
      'model_limits.set',
    ])
  })

  it('of the file are changed there', async () => {
    const asked = await manager.ask('POST', '/model-limits', { model: 'of-the-file', limits: {} })
    expect([asked.status, (await manager.ask('DELETE', '/model-limits/of-the-file')).status]).toEqual([409, 409])
  })

  it('of a channel are told, hold, change and go', async () => {
    const { key } = await newKey()
    const limits = { requests_per_minute: 1 }
    const channel = await manager.done(
      'POST',
      '/channels',
      newChannel({ limits, credential_limits: { concurrency: 5 } }),
    )
    expect(channel).toMatchObject({ limits, credential_limits: { concurrency: 5 } })
    expect(await manager.done('PATCH', `/channels/${channel.id}`, {})).toEqual(channel)
    expect(await manager.done('GET', `/channels/${channel.id}`)).toEqual(channel)
    const model = channel.models[0].name
    expect([await use(key, model), await use(key, model)]).toEqual([200, 429])
    const free = await manager.done('PATCH', `/channels/${channel.id}`, { limits: null, credential_limits: null })
    expect([free.limits, free.credential_limits]).toEqual([undefined, undefined])
    expect(await use(key, model)).toBe(200)
  })

  it('do not keep an operator from testing a channel', async () => {
    const channel = await manager.done('POST', '/channels', newChannel({ limits: { requests_per_minute: 1 } }))
    const model = channel.models[0].name
    for (let time = 0; time < 2; time++) {
      const { data } = await manager.done('POST', `/channels/${channel.id}/test`, { model })
      expect(data).toMatchObject([{ ok: true }])
    }
    const { key } = await newKey()
    expect([await use(key, model), await use(key, model)]).toEqual([200, 429])
  })

  const bad: Record<string, unknown> = {
    zero: 0,
    negative: -1,
    fractional: 1.5,
    'a string': '60',
    'beyond exact numbers': 2 ** 53,
    infinite: '1e400',
    NaN: 'NaN',
    true: true,
  }
  const places: Readonly<Record<string, readonly [path: string, body: (limits: object) => object, param: string]>> = {
    'a key': ['/keys', (limits) => ({ name: 'k', limits }), 'limits.'],
    'a model on a key': ['/keys', (limits) => ({ name: 'k', limits: { models: { m: limits } } }), 'limits.models.m.'],
    'an account': ['/accounts', (limits) => ({ name: 'a', limits }), 'limits.'],
    'a model on an account': [
      '/accounts',
      (limits) => ({ name: 'a', limits: { models: { m: limits } } }),
      'limits.models.m.',
    ],
    'a model': ['/model-limits', (limits) => ({ model: 'm', limits }), 'limits.'],
    'a channel': ['/channels', (limits) => newChannel({ limits }), 'limits.'],
    'a credential': ['/channels', (limits) => newChannel({ credential_limits: limits }), 'credential_limits.'],
  }
  describe.each(Object.entries(places))('of %s', (_, [path, body, param]) => {
    it.each(Object.entries(bad))('are no number that is %s', async (_, figure) => {
      for (const field of ['requests_per_minute', 'tokens_per_minute', 'concurrency']) {
        const raw = JSON.stringify(body({ [field]: figure })).replace('"1e400"', '1e400')
        expect(await manager.ask('POST', path, raw)).toMatchObject({
          status: 400,
          body: { error: { param: `${param}${field}` } },
        })
      }
    })

    it('have no other fields', async () => {
      expect(await manager.ask('POST', path, body({ per_day: 1 }))).toMatchObject({
        status: 400,
        body: { error: { param: `${param}per_day` } },
      })
    })
  })

  it('are in the document of the API', async () => {
    const document = await manager.done('GET', '/openapi.json')
    const { '/api/model-limits': models, '/api/channels': channels } = document.paths
    expect(Object.keys(models)).toEqual(['get', 'post'])
    expect(JSON.stringify(channels.post)).toContain('credential_limits')
  })
})
