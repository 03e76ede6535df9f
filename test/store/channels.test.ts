import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChannelSettings, Channels } from '../../src/store/channels.ts'
import { secretBox } from '../../src/store/secret-box.ts'
import type { Store } from '../../src/store/store.ts'
import { storeKinds } from '../support/stores.ts'

const old = randomBytes(32)
const settings: ChannelSettings = {
  provider: 'anthropic',
  models: [{ name: 'claude-*' }],
  priority: 1,
  weight: 2,
}

describe.each(storeKinds())('channels of the store on $name', ({ empty, end }) => {
  let store: Store
  let channels: Channels
  beforeEach(async () => {
    store = await empty()
    channels = store.channels(secretBox([old]))
    await channels.save({ id: 'ch_1', name: 'claude', settings, isEnabled: true, createdAtMs: 1 })
    await channels.addCredential('ch_1', { id: 'cred_1', secret: 'sk-ant-first-0001', createdAtMs: 1 })
    await channels.addCredential('ch_1', { id: 'cred_2', secret: 'sk-ant-second-0002', createdAtMs: 2 })
  })
  afterEach(() => store.close())
  afterAll(end)

  it('give their secrets to the relay and to nobody else', async () => {
    expect(await channels.open()).toEqual([
      { name: 'claude', ...settings, secrets: ['sk-ant-first-0001', 'sk-ant-second-0002'] },
    ])
    expect(JSON.stringify(await channels.list())).not.toMatch(/sk-ant|sealed|v1\./)
    expect((await channels.list())[0]?.credentials.map(({ hint }) => hint)).toEqual(['…0001', '…0002'])
  })

  it('do not serve when they or their credentials are off', async () => {
    await channels.enableCredential('cred_1', false)
    expect((await channels.open())[0]?.secrets).toEqual(['sk-ant-second-0002'])
    await channels.save({ id: 'ch_1', name: 'claude', settings, isEnabled: false, createdAtMs: 1 })
    expect(await channels.open()).toEqual([])
  })

  it('are gone with their secrets', async () => {
    expect(await channels.remove('ch_1')).toBe(true)
    expect(await channels.remove('ch_1')).toBe(false)
    expect(await channels.removeCredential('cred_1')).toBe(false)
  })

  it('are sealed anew under another master key, and again when that is interrupted', async () => {
    const fresh = randomBytes(32)
    const rotating = store.channels(secretBox([fresh, old]))
    expect((await rotating.open())[0]?.secrets).toHaveLength(2)
    expect(await rotating.reseal()).toBe(2)
    expect(await rotating.reseal()).toBe(0)
    expect((await store.channels(secretBox([fresh])).open())[0]?.secrets).toEqual([
      'sk-ant-first-0001',
      'sk-ant-second-0002',
    ])
    await expect(channels.open()).rejects.toThrow('another master key')
  })
})

describe('a secret box', () => {
  const box = secretBox([old])
  it('opens nothing that was changed or moved', () => {
    const sealed = box.seal('secret', 'credentials|a|sealed')
    expect(box.open(sealed, 'credentials|a|sealed')).toBe('secret')
    expect(() => box.open(sealed, 'credentials|b|sealed')).toThrow()
    const at = sealed.length - 5
    const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`
    expect(() => box.open(changed, 'credentials|a|sealed')).toThrow()
    expect(() => box.open('v1', 'x')).toThrow('another master key')
  })

  it('never seals the same way twice', () => {
    expect(box.seal('secret', 'x')).not.toBe(box.seal('secret', 'x'))
  })
})
