import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openKeyring } from '../../src/store/keyring.ts'
import { rotate } from '../../src/store/rotation.ts'
import type { Store } from '../../src/store/store.ts'
import { storeKinds } from '../support/stores.ts'

const [first, second, third] = ['the first master key', 'the second master key', 'the third master key'].map((text) =>
  Buffer.from(text),
) as [Buffer, Buffer, Buffer]
const settings = { provider: 'anthropic', models: [{ name: 'claude-*' }], priority: 0, weight: 1 }
const count = 5

describe.each(storeKinds())('rotating the master key on $name', ({ empty, end }) => {
  let store: Store
  const ringOf = (newest: Buffer, former?: Buffer) => openKeyring(store.marks, { newest, ...(former && { former }) })
  const secretsUnder = async (newest: Buffer, former?: Buffer) => {
    const { box } = await ringOf(newest, former)
    return (await store.channels(box).open()).channels[0]?.secrets
  }
  const secrets = Array.from({ length: count }, (_, at) => `sk-ant-secret-000${at}`)

  beforeEach(async () => {
    store = await empty()
    const { box } = await ringOf(first)
    const channels = store.channels(box)
    await channels.save({ id: 'ch_1', name: 'claude', settings, isEnabled: true, createdAtMs: 1 })
    for (const [at, secret] of secrets.entries())
      await channels.addCredential('ch_1', { id: `cred_${at}`, secret, createdAtMs: at })
  })
  afterEach(() => store.close())
  afterAll(end)

  it('leaves nothing under the former, which can be thrown away', async () => {
    expect(await rotate(store, { newest: second, former: first })).toEqual({ resealed: count, left: [] })
    expect(await secretsUnder(second)).toEqual(secrets)
    await expect(ringOf(first)).rejects.toThrow('made under another master key')
  })

  it('changes no key that anything is hashed or wrapped under, again and again', async () => {
    const { box: _, ...before } = await ringOf(first)
    await rotate(store, { newest: second, former: first })
    expect(await ringOf(second)).toMatchObject(before)
    await rotate(store, { newest: third, former: second })
    expect(await ringOf(third)).toMatchObject(before)
    expect(await secretsUnder(third)).toEqual(secrets)
  })

  it('does nothing the second time', async () => {
    await rotate(store, { newest: second, former: first })
    expect(await rotate(store, { newest: second, former: first })).toEqual({ resealed: 0, left: [] })
  })

  it.each(Array.from({ length: count + 1 }, (_, at) => at))(
    'stopped after %i rows, serves all with both keys, and is taken up again',
    async (rows) => {
      let written = 0
      const dying: Store = {
        ...store,
        channels: (box) =>
          store.channels({
            ...box,
            seal(secret, place) {
              if (written === rows) throw new Error('killed')
              written++
              return box.seal(secret, place)
            },
          }),
        together: (run) => (written > 0 ? Promise.reject(new Error('killed')) : store.together(run)),
      }
      await expect(rotate(dying, { newest: second, former: first })).rejects.toThrow('killed')
      expect(await secretsUnder(second, first)).toEqual(secrets)
      expect(await rotate(store, { newest: second, former: first })).toEqual({ resealed: count - rows, left: [] })
      expect(await secretsUnder(second)).toEqual(secrets)
    },
  )

  it('goes on beside a server that was given both keys before', async () => {
    const running = store.channels((await ringOf(second, first)).box)
    await running.addCredential('ch_1', { id: 'cred_9', secret: 'sk-ant-secret-0009', createdAtMs: 9 })
    expect(await rotate(store, { newest: second, former: first })).toEqual({ resealed: count, left: [] })
    expect((await running.open()).channels[0]?.secrets).toEqual([...secrets, 'sk-ant-secret-0009'])
  })

  it('says what it had to leave', async () => {
    const { box } = await ringOf(first)
    const spoiling = store.channels({ ...box, seal: (secret, place) => `${box.seal(secret, place).slice(0, -4)}AAAA` })
    await spoiling.addCredential('ch_1', { id: 'cred_9', secret: 'sk-ant-secret-0009', createdAtMs: 9 })
    expect(await rotate(store, { newest: second, former: first })).toEqual({
      resealed: count,
      left: [{ id: 'cred_9', channel: 'claude', hint: '…0009', reason: 'damaged' }],
    })
  })

  it('under keys that are not those of the store changes nothing', async () => {
    await expect(rotate(store, { newest: third, former: second })).rejects.toThrow('another master key')
    expect(await secretsUnder(first)).toEqual(secrets)
  })
})
