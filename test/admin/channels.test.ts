import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkConfig } from '../../src/config.ts'
import { startSandbox } from '../../src/sandbox/index.ts'
import { type FakeUpstream, startUpstream } from '../support/gateway.ts'
import { type Manager, startManager } from './manager.ts'

const secret = 'sk-vendor-0123456789-first'
const other = 'sk-vendor-0123456789-other'

describe('channels', () => {
  let manager: Manager
  let sandbox: Awaited<ReturnType<typeof startSandbox>>
  let elsewhere: FakeUpstream
  let key: string
  const seen: string[] = []
  beforeAll(async () => {
    sandbox = await startSandbox({ onRequest: ({ headers }) => seen.push(String(headers.authorization)) })
    elsewhere = await startUpstream((response) => response.writeHead(500).end('{}'))
    manager = await startManager(
      `
sandbox: false
channels: [{ name: of-the-file, provider: openai, base_url: "${elsewhere.url}", keys: [${other}], models: [filed] }]`,
    )
    key = (await manager.done('POST', '/keys', { name: 'k' })).key
  })
  afterAll(async () => {
    await manager.close()
    await sandbox.close()
    await elsewhere.close()
  })

  let made = 0
  const create = (more: object = {}) =>
    manager.done('POST', '/channels', {
      name: `channel-${++made}`,
      provider: 'sandbox',
      base_url: sandbox.url,
      dialects: ['openai-chat'],
      models: [{ name: `model-${made}`, upstream: 'sandbox-1' }],
      secrets: [secret],
      ...more,
    })
  const use = async (model: string): Promise<number> => {
    const response = await fetch(`${manager.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] }),
    })
    await response.text()
    return response.status
  }
  const modelOf = ({ models }: { models: [{ name: string }] }): string => models[0].name

  it('serve as soon as they are made, with the secret that was given', async () => {
    const channel = await create()
    expect(channel).toMatchObject({
      source: 'api',
      is_enabled: true,
      priority: 0,
      weight: 1,
      credentials: [{ hint: '…irst', is_enabled: true }],
    })
    expect(await use(modelOf(channel))).toBe(200)
    expect(seen.at(-1)).toBe(`Bearer ${secret}`)
    expect(await manager.done('GET', `/channels/${channel.id}`)).toEqual(channel)
    expect((await manager.done('GET', '/channels')).data).toContainEqual(channel)
  })

  it('serve nobody when they are off or gone', async () => {
    const channel = await create()
    await manager.done('PATCH', `/channels/${channel.id}`, { is_enabled: false })
    expect(await use(modelOf(channel))).toBe(404)
    await manager.done('PATCH', `/channels/${channel.id}`, { is_enabled: true })
    expect(await use(modelOf(channel))).toBe(200)
    await manager.done('DELETE', `/channels/${channel.id}`)
    expect(await use(modelOf(channel))).toBe(404)
    expect((await manager.ask('GET', `/channels/${channel.id}`)).status).toBe(404)
  })

  it.each([
    ['another address', () => ({ base_url: elsewhere.url })],
    ['another provider', () => ({ provider: 'openai' })],
    ['the provider’s own address', () => ({ provider: 'openai', base_url: null, is_enabled: false })],
  ])('lose their credentials to %s, unless these are given again', async (_, change) => {
    const channel = await create()
    const moved = await manager.done('PATCH', `/channels/${channel.id}`, change())
    expect(moved.credentials).toEqual([])
    await use(modelOf(channel))
    const sent = JSON.stringify(elsewhere.asked.map(({ headers }) => headers))
    expect(sent).not.toContain(secret)
    const back = await manager.done('PATCH', `/channels/${channel.id}`, {
      provider: 'sandbox',
      base_url: sandbox.url,
      secrets: [other],
      is_enabled: true,
    })
    expect(back.credentials).toMatchObject([{ hint: '…ther' }])
    expect(await use(modelOf(channel))).toBe(200)
    expect(seen.at(-1)).toBe(`Bearer ${other}`)
  })

  it('keep their credentials and all that is not said', async () => {
    const channel = await create({
      headers: { set: { 'X-Team': 'red' }, remove: ['user-agent'] },
      body: { set: { 'metadata.team': 'red' }, remove: ['user'] },
      system_prompt: { text: 'Be brief.', mode: 'append' },
      cache_breakpoints: 'off',
      priority: 3,
      weight: 7,
    })
    expect(await manager.done('PATCH', `/channels/${channel.id}`, {})).toEqual(channel)
    const changed = await manager.done('PATCH', `/channels/${channel.id}`, { weight: 8, base_url: `${sandbox.url}/` })
    expect(changed).toEqual({ ...channel, weight: 8 })
    const plain = await manager.done('PATCH', `/channels/${channel.id}`, {
      headers: null,
      body: null,
      system_prompt: null,
      cache_breakpoints: null,
      weight: null,
    })
    const { headers: _, body: __, system_prompt: ___, ...rest } = channel
    expect(plain).toEqual({ ...rest, cache_breakpoints: 'auto', weight: 1 })
  })

  it('have names of their own, those of the file counted', async () => {
    const channel = await create()
    for (const name of ['of-the-file', channel.name]) {
      expect(await manager.ask('POST', '/channels', { name, provider: 'openai' })).toMatchObject({
        status: 409,
        body: { error: { param: 'name' } },
      })
      const another = await create()
      expect((await manager.ask('PATCH', `/channels/${another.id}`, { name })).status).toBe(409)
    }
  })

  it('give way to the file where it takes their name later', async () => {
    const channel = await create()
    const file = (name: string) => {
      const checked = checkConfig({
        file: `
sandbox: false
channels: [{ name: ${name}, provider: openai, base_url: "${elsewhere.url}", keys: [${other}], models: [filed] }]
prices: [{ model: "*", free: true }]`,
        environment: {},
      })
      if (!checked.ok) throw new Error('not checked')
      return checked.config
    }
    await manager.gateway.app.reconfigure(file(channel.name))
    expect(await use(modelOf(channel))).toBe(404)
    expect(await manager.done('GET', `/channels/${channel.id}`)).toEqual(channel)
    await manager.gateway.app.reconfigure(file('of-the-file'))
    expect(await use(modelOf(channel))).toBe(200)
  })

  it('of the file are told and not changed', async () => {
    const id = 'file:of-the-file'
    expect(await manager.done('GET', `/channels/${id}`)).toMatchObject({
      name: 'of-the-file',
      source: 'file',
      credentials: [{ id: null, hint: '…ther' }],
    })
    expect((await manager.ask('PATCH', `/channels/${id}`, { weight: 2 })).status).toBe(409)
    expect((await manager.ask('DELETE', `/channels/${id}`)).status).toBe(409)
    expect((await manager.ask('POST', `/channels/${id}/credentials`, { secret })).status).toBe(404)
  })

  it('have several credentials, each switched and taken away alone', async () => {
    const channel = await create()
    const two = await manager.done('POST', `/channels/${channel.id}/credentials`, { secret: other })
    expect(two.credentials).toHaveLength(2)
    const [first, second] = two.credentials
    await manager.done('PATCH', `/channels/${channel.id}/credentials/${first.id}`, { is_enabled: false })
    expect(await use(modelOf(channel))).toBe(200)
    expect(seen.at(-1)).toBe(`Bearer ${other}`)
    await manager.done('PATCH', `/channels/${channel.id}/credentials/${first.id}`, { is_enabled: true })
    await manager.done('DELETE', `/channels/${channel.id}/credentials/${second.id}`)
    expect(await use(modelOf(channel))).toBe(200)
    expect(seen.at(-1)).toBe(`Bearer ${secret}`)
    // Credentials of one channel are not another's.
    const another = await create()
    for (const [method, body] of [
      ['PATCH', { is_enabled: false }],
      ['DELETE', undefined],
    ] as const)
      expect((await manager.ask(method, `/channels/${another.id}/credentials/${first.id}`, body)).status).toBe(404)
    expect(await use(modelOf(channel))).toBe(200)
  })

  it('are tested through the relay, each credential, also before they serve', async () => {
    const channel = await create({ is_enabled: false, secrets: [secret, other] })
    const before = seen.length
    const { data } = await manager.done('POST', `/channels/${channel.id}/test`, {})
    expect(data).toMatchObject([
      { credential: '…irst', ok: true, kind: 'completion', model: modelOf(channel), fault: null },
      { credential: '…ther', ok: true, kind: 'completion' },
    ])
    expect(new Set(seen.slice(before))).toEqual(new Set([`Bearer ${secret}`, `Bearer ${other}`]))
    const globs = await create({ models: ['sandbox-*'], is_enabled: false })
    expect((await manager.done('POST', `/channels/${globs.id}/test`, {})).data).toMatchObject([
      { ok: true, kind: 'models' },
    ])
    expect((await manager.done('POST', `/channels/${globs.id}/test`, { model: 'sandbox-echo' })).data).toMatchObject([
      { ok: true, kind: 'completion', model: 'sandbox-echo' },
    ])
    expect((await manager.done('GET', '/requests?key=probe')).data).toEqual([])
  })

  it('that fail say so, and their health is told and forgotten', async () => {
    const channel = await create({ base_url: elsewhere.url })
    const { data } = await manager.done('POST', `/channels/${channel.id}/test`, {})
    expect(data).toMatchObject([{ ok: false, fault: { class: expect.any(String), message: expect.any(String) } }])
    expect(JSON.stringify(data)).not.toContain(elsewhere.url)
    const health = (await manager.done('GET', `/channels/${channel.id}/health`)).data
    expect(health).toMatchObject([{ channel: channel.name, credential: '…irst', model: 'sandbox-1' }])
    expect((await manager.done('GET', '/health')).data).toEqual(expect.arrayContaining(health))
    await manager.done('POST', `/channels/${channel.id}/health/reset`)
    expect((await manager.done('GET', `/channels/${channel.id}/health`)).data).toEqual([])
  })

  it('tell the models of their vendor', async () => {
    const channel = await create({ is_enabled: false })
    expect((await manager.done('GET', `/channels/${channel.id}/models`)).data).toContain('sandbox-thinker')
    const broken = await create({ base_url: elsewhere.url })
    expect(await manager.ask('GET', `/channels/${broken.id}/models`)).toMatchObject({
      status: 502,
      body: { error: { type: 'upstream_failed' } },
    })
  })

  it.each([
    [{ provider: 'nobody' }, 'provider'],
    [{ base_url: 'ftp://x' }, 'base_url'],
    [{ base_url: 'http://name:word@host' }, 'base_url'],
    [{ base_url: 'http://host?key=1' }, 'base_url'],
    [{ base_url: 'not one' }, 'base_url'],
    [{ models: [] }, 'models'],
    [{ dialects: ['soap'] }, 'dialects.0'],
    [{ secrets: [''] }, 'secrets.0'],
    [{ secrets: 'sk' }, 'secrets'],
    [{ headers: { set: { authorization: 'Bearer x' } } }, 'headers.set.authorization'],
    [{ credentials: [] }, 'credentials'],
    [{ id: 'ch_mine' }, 'id'],
    [{ source: 'file' }, 'source'],
  ])('are not made of %j', async (more, param) => {
    const answer = await manager.ask('POST', '/channels', {
      ...{ name: 'wrong', provider: 'sandbox', base_url: sandbox.url, ...more },
    })
    expect(answer).toMatchObject({ status: 400, body: { error: { param } } })
    const channel = await create()
    if (param !== 'credentials' && param !== 'id' && param !== 'source')
      expect((await manager.ask('PATCH', `/channels/${channel.id}`, more)).status).toBe(400)
    await manager.done('DELETE', `/channels/${channel.id}`)
  })

  it('need an address where their provider has none', async () => {
    const body = { name: 'nowhere', provider: 'azure' }
    expect(await manager.ask('POST', '/channels', body)).toMatchObject({
      status: 400,
      body: { error: { param: 'base_url' } },
    })
  })
})
