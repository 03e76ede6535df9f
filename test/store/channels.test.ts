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
    expect(await channels.open()).toEqual({
      channels: [{ name: 'claude', ...settings, secrets: ['sk-ant-first-0001', 'sk-ant-second-0002'] }],
      closed: [],
    })
    expect(JSON.stringify(await channels.list())).not.toMatch(/sk-ant|sealed|v1\./)
    expect((await channels.list())[0]?.credentials.map(({ hint }) => hint)).toEqual(['…0001', '…0002'])
  })

  it('do not serve when they or their credentials are off', async () => {
    await channels.enableCredential('cred_1', false)
    expect((await channels.open()).channels[0]?.secrets).toEqual(['sk-ant-second-0002'])
    await channels.save({ id: 'ch_1', name: 'claude', settings, isEnabled: false, createdAtMs: 1 })
    expect(await channels.open()).toEqual({ channels: [], closed: [] })
  })

  it('are gone with their secrets', async () => {
    expect(await channels.remove('ch_1')).toBe(true)
    expect(await channels.remove('ch_1')).toBe(false)
    expect(await channels.removeCredential('cred_1')).toBe(false)
  })

  it('are sealed anew under another master key, and again when that is interrupted', async () => {
    const fresh = randomBytes(32)
    const rotating = store.channels(secretBox([fresh, old]))
    expect((await rotating.open()).channels[0]?.secrets).toHaveLength(2)
    expect(await rotating.reseal()).toBe(2)
    expect(await rotating.reseal()).toBe(0)
    expect((await store.channels(secretBox([fresh])).open()).channels[0]?.secrets).toEqual([
      'sk-ant-first-0001',
      'sk-ant-second-0002',
    ])
    const reason = 'sealed under another master key'
    expect(await channels.open()).toMatchObject({
      channels: [{ name: 'claude', secrets: [] }],
      closed: [
        { id: 'cred_1', channel: 'claude', hint: '…0001', reason },
        { id: 'cred_2', channel: 'claude', hint: '…0002', reason },
      ],
    })
  })

  it('come by id, a page at a time, each with its own credentials', async () => {
    for (const id of ['ch_2', 'ch_3']) await channels.save({ id, name: id, settings, isEnabled: true, createdAtMs: 9 })
    await channels.addCredential('ch_3', { id: 'cred_3', secret: 'sk-ant-third-0003', createdAtMs: 3 })
    const told = (await channels.page(2)).map(({ id, credentials }) => [id, credentials.map((one) => one.id)])
    expect(told).toEqual([
      ['ch_1', ['cred_1', 'cred_2']],
      ['ch_2', []],
    ])
    expect((await channels.page(2, 'ch_2')).map(({ id }) => id)).toEqual(['ch_3'])
    expect((await channels.find('ch_3'))?.credentials).toHaveLength(1)
    expect((await channels.findByName('claude'))?.id).toBe('ch_1')
    expect(await channels.find('ch_4')).toBeUndefined()
  })

  it('keep what can be opened when a row beside it is damaged', async () => {
    const box = secretBox([old])
    const damaged = (sealed: string): string => `${sealed.slice(0, -4)}AAAA`
    const spoiling = store.channels({ ...box, seal: (secret, place) => damaged(box.seal(secret, place)) })
    await spoiling.addCredential('ch_1', { id: 'cred_3', secret: 'sk-ant-third-0003', createdAtMs: 3 })
    const { channels: served, closed } = await channels.open()
    expect(served[0]?.secrets).toEqual(['sk-ant-first-0001', 'sk-ant-second-0002'])
    expect(closed).toEqual([{ id: 'cred_3', channel: 'claude', hint: '…0003', reason: 'damaged' }])
    expect((await channels.secretsOf('ch_1')).closed).toEqual(closed)
    expect(await channels.reseal()).toBe(0)
    expect(await channels.left()).toEqual(closed)
  })
})

describe('a secret box', () => {
  const box = secretBox([old])
  it('opens nothing that was changed or moved', () => {
    const sealed = box.seal('secret', 'credentials|a|sealed')
    expect(box.open(sealed, 'credentials|a|sealed')).toEqual({ isOpen: true, secret: 'secret' })
    const damaged = { isOpen: false, reason: 'damaged' }
    expect(box.open(sealed, 'credentials|b|sealed')).toEqual(damaged)
    const at = sealed.length - 5
    const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`
    expect(box.open(changed, 'credentials|a|sealed')).toEqual(damaged)
  })

  it.each(['', 'v1', 'v2.abc.AAAA', 'rubbish.rubbish.rubbish', '…'])('takes %j for what it is', (sealed) => {
    expect(box.open(sealed, 'x')).toEqual({ isOpen: false, reason: 'damaged' })
  })

  it('is damaged where nothing is left of it', () => {
    const [form, id] = box.seal('secret', 'x').split('.')
    expect(box.open(`${form}.${id}.AAAA`, 'x')).toEqual({ isOpen: false, reason: 'damaged' })
  })

  it('looks for a new key before it seals, and when it meets one that it does not know', () => {
    const fresh = randomBytes(32)
    let now: [Buffer, ...Buffer[]] = [old]
    const running = secretBox([old], () => now)
    const others = secretBox([fresh]).seal('secret', 'x')
    expect(running.open(others, 'x')).toEqual({ isOpen: false, reason: 'sealed under another master key' })
    now = [fresh, old]
    expect(running.open(others, 'x')).toEqual({ isOpen: true, secret: 'secret' })
    expect(secretBox([fresh]).open(running.seal('other', 'x'), 'x')).toEqual({ isOpen: true, secret: 'other' })
  })

  it('never seals the same way twice', () => {
    expect(box.seal('secret', 'x')).not.toBe(box.seal('secret', 'x'))
  })
})
