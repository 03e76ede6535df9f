import { afterEach, describe, expect, it } from 'vitest'
import { key } from '../support/gateway.ts'
import { type Manager, startManager } from './manager.ts'

let manager: Manager
afterEach(() => manager.close())

const yaml = `
keys: [{ name: test, key: ${key} }]
sandbox: true`

const ask = (model: string) =>
  fetch(`${manager.gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  })

/** From now on what is sealed is written with its end torn off. */
function spoil(): () => void {
  const { store } = manager.gateway.app
  const together = store.together
  store.together = (run) =>
    together((inside) =>
      run({
        ...inside,
        channels: (box) =>
          inside.channels({ ...box, seal: (secret, place) => `${box.seal(secret, place).slice(0, -4)}AAAA` }),
      }),
    )
  return () => {
    store.together = together
  }
}

const vendor = (name: string, secrets: readonly string[] = []) => ({
  name,
  provider: 'causeway',
  base_url: manager.gateway.url,
  models: [{ name: `${name}-model`, upstream: 'sandbox-1' }],
  secrets,
})

describe('a credential that cannot be opened', () => {
  it('is left out alone: its channel goes on with the others, and so does all else', async () => {
    manager = await startManager(yaml)
    const channel = await manager.done('POST', '/channels', vendor('half', [key]))
    const mend = spoil()
    await manager.done('POST', `/channels/${channel.id}/credentials`, { secret: 'sk-damaged-x0001' })
    mend()
    expect((await ask('half-model')).status).toBe(200)
    expect((await ask('sandbox-1')).status).toBe(200)

    const unusable = {
      channel: 'half',
      credential: '…0001',
      state: 'unusable',
      reason: 'damaged',
      model: null,
      until: null,
      last_fault: null,
    }
    expect((await manager.done('GET', `/channels/${channel.id}/health`)).data).toEqual([
      expect.objectContaining(unusable),
    ])
    expect((await manager.done('GET', '/health')).data).toContainEqual(expect.objectContaining(unusable))
    const { data } = await manager.done('POST', `/channels/${channel.id}/test`, {})
    expect(data.map((one: { credential: string; ok: boolean }) => [one.credential, one.ok])).toEqual([
      [expect.any(String), true],
      ['…0001', false],
    ])
  })

  it('is told once, not at every look, and no more when it is gone', async () => {
    manager = await startManager(yaml)
    const channel = await manager.done('POST', '/channels', vendor('half', [key]))
    const mend = spoil()
    const { credentials } = await manager.done('POST', `/channels/${channel.id}/credentials`, {
      secret: 'sk-damaged-x0001',
    })
    mend()
    await manager.done('POST', '/groups', { name: 'another look' })
    const lines = () => manager.gateway.lines.filter(({ record }) => record.reason === 'damaged')
    expect(lines()).toMatchObject([{ level: 'error', record: { channel: 'half', credential: '…0001' } }])
    await manager.done('DELETE', `/channels/${channel.id}/credentials/${credentials[1].id}`)
    expect((await manager.done('GET', `/channels/${channel.id}/health`)).data).toEqual([])
    expect(lines()).toHaveLength(1)
  })

  it('shuts a channel that has no other: 503 with a time, and nobody is asked without a key', async () => {
    manager = await startManager(yaml)
    const mend = spoil()
    const channel = await manager.done('POST', '/channels', vendor('shut', ['sk-damaged-x0001']))
    mend()
    const answer = await ask('shut-model')
    expect(answer.status).toBe(503)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await ask('shut-model-2')).status).toBe(404)
    expect((await manager.done('GET', '/health')).data).toMatchObject([{ channel: 'shut', state: 'unusable' }])
    expect((await manager.done('GET', '/channels')).data).toContainEqual(expect.objectContaining({ name: 'shut' }))
    expect((await manager.done('POST', `/channels/${channel.id}/test`, {})).data).toMatchObject([{ ok: false }])
    expect(await manager.ask('GET', `/channels/${channel.id}/models`)).toMatchObject({ status: 409 })
    await manager.done('POST', `/channels/${channel.id}/credentials`, { secret: key })
    expect((await ask('shut-model')).status).toBe(200)
  })
})
