import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { secretBox } from '../../src/store/secret-box.ts'
import { deriveKey, keyRow, newKey } from '../../src/store/secrets.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'
import { type TestDatabase, testDatabase } from '../support/postgres.ts'
import { type Program, run, temporaryDirectory } from '../support/program.ts'

// Several servers on one database: what is done at one counts at the others within a second.

const master = 'a master key of all servers'
const yaml = 'prices: [{ model: "*", input: 1, output: 10 }]'

let database: TestDatabase
let environment: Record<string, string>
beforeAll(async () => {
  database = await testDatabase()
  environment = { CAUSEWAY_DATABASE_URL: database.url, CAUSEWAY_MASTER_KEY: master }
})
afterAll(() => database.end())

const status = async (url: string, key: string, model = 'sandbox-1'): Promise<number> => {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, max_tokens: 20, messages: [{ role: 'user', content: 'Hello' }] }),
  })
  await answer.arrayBuffer()
  return answer.status
}

/** Within a second, as promised, and what a machine under load takes for it. */
const soon = (look: () => Promise<void>): Promise<void> => vi.waitFor(look, { timeout: 3_000, interval: 50 })

describe('two servers on one database', () => {
  let one: Gateway
  let other: Gateway
  let first = ''
  beforeAll(async () => {
    // At once: one makes the schema, the first key and the root token, the other finds them.
    const both = await Promise.all([1, 2].map(() => startGateway(yaml, environment)))
    const [left, right] = both
    if (!left || !right) throw new Error('two were started')
    one = left
    other = right
    first = both.flatMap(({ app }) => app.newKeys)[0]?.key ?? ''
  })
  afterAll(() => Promise.all([one.close(), other.close()]))

  it('make one first key and one root token between them', async () => {
    expect([...one.app.newKeys, ...other.app.newKeys]).toHaveLength(1)
    expect([one.app.rootToken, other.app.rootToken].filter((token) => token !== undefined)).toHaveLength(1)
    expect((await one.app.store.prices.list()).map(({ model }) => model)).toEqual(['*'])
    expect([await status(one.url, first), await status(other.url, first)]).toEqual([200, 200])
  })

  it('know a key that the other made, what it may do, and that it is revoked', async () => {
    const key = newKey()
    const pepper = deriveKey(Buffer.from(master), 'keys')
    const row = keyRow(key, pepper, { name: 'made at one', models: ['*'], source: 'api', createdAtMs: 1 })
    expect(await status(other.url, key)).toBe(401)
    await one.app.store.keys.add(row)
    await soon(async () => expect(await status(other.url, key)).toBe(200))
    await one.app.store.keys.add({ ...row, models: ['sandbox-echo'] })
    await soon(async () => expect(await status(other.url, key)).toBe(403))
    await one.app.store.keys.revoke(row.id, 2)
    await soon(async () => expect(await status(other.url, key)).toBe(401))
  })

  it('count together what a key is asked', async () => {
    const key = newKey()
    const pepper = deriveKey(Buffer.from(master), 'keys')
    const about = { name: 'limited', models: ['*'], source: 'api', createdAtMs: 1 } as const
    await one.app.store.keys.add({ ...keyRow(key, pepper, about), scope: { limits: { requestsPerMinute: 4 } } })
    const known = async ({ url }: Gateway): Promise<number> =>
      (await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status
    await soon(async () => expect([await known(one), await known(other)]).toEqual([200, 200]))
    for (let time = 0; time < 4; time++) expect(await status(one.url, key)).toBe(200)
    await soon(async () => expect(await status(other.url, key)).toBe(429))
  })

  it('take over channels, their secrets, and prices', async () => {
    const channels = one.app.store.channels(secretBox([deriveKey(Buffer.from(master), 'credentials')]))
    const settings = { provider: 'openai', baseUrl: 'http://127.0.0.1:9', models: [{ name: 'elsewhere' }] }
    await channels.save({
      id: 'ch_1',
      name: 'elsewhere',
      settings: { ...settings, priority: 0, weight: 1 },
      isEnabled: true,
      createdAtMs: 1,
    })
    await channels.addCredential('ch_1', { id: 'cred_1', secret: 'sk-vendor', createdAtMs: 1 })
    // Nobody listens there.
    await soon(async () => expect(await status(other.url, first, 'elsewhere')).toBe(502))
    await channels.remove('ch_1')
    await soon(async () => expect(await status(other.url, first, 'elsewhere')).toBe(404))
    const price = { id: 'p', model: 'sandbox-echo', rates: { free: true }, validFromMs: 0, createdAtMs: 1 } as const
    await one.app.store.prices.add({ ...price, source: 'api' })
    await soon(async () => {
      expect(await status(other.url, first, 'sandbox-echo')).toBe(200)
      const row = (await other.app.store.requests.page({}, 20)).find(({ model }) => model === 'sandbox-echo')
      expect(row?.charged).toBe(0n)
    })
  })

  it('write one book, in which nothing is missing', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, at) => status((at % 2 === 0 ? one : other).url, first)))
    await soon(async () => {
      const rows = (await one.app.store.requests.page({}, 500)).filter(({ charged }) => charged > 0n)
      const account = await other.app.books.store.account('user:acc_default')
      expect(rows.length).toBeGreaterThanOrEqual(40)
      expect(account).toMatchObject({ held: 0n, balance: -rows.reduce((sum, { charged }) => sum + charged, 0n) })
    })
  })

  it('with another master key are refused: no key would be known there', async () => {
    const different = { ...environment, CAUSEWAY_MASTER_KEY: 'quite another master key' }
    await expect(startGateway(yaml, different)).rejects.toThrow('the database was made under another master key')
  })
})

describe('two processes on one database', () => {
  const places = [1, 2].map(() => temporaryDirectory())
  let programs: Program[]
  let urls: string[]
  beforeAll(async () => {
    programs = places.map(({ path }) => run(path, ['--port', '0'], environment))
    urls = await Promise.all(programs.map(async (program) => (await program.says(/listening on (http:\S+)/))[1] ?? ''))
  })
  afterAll(async () => {
    for (const { child, ended } of programs) {
      child.kill('SIGTERM')
      await ended
    }
    for (const place of places) place.remove()
  })

  it('both know a key that a third has made', async () => {
    const [place] = places
    const command = run(place?.path ?? '', ['keys', 'create', '--name', 'third'], environment)
    const [key = ''] = await command.says(/sk-cw-\w+/)
    expect(await command.ended).toBe(0)
    await soon(async () => expect(await Promise.all(urls.map((url) => status(url, key)))).toEqual([200, 200]))
  })

  it('never say the password', () => {
    const { password } = new URL(database.url)
    expect(password).not.toBe('')
    expect(programs.map(({ said }) => said.out + said.error).join()).not.toContain(`:${password}@`)
  })
})

describe('two processes in one directory', () => {
  it('are one too many, whatever the store is', async () => {
    const place = temporaryDirectory()
    for (const more of [{}, environment]) {
      const server = run(place.path, ['--port', '0', '--data', 'data'], more)
      await server.says(/listening on/)
      const second = run(place.path, ['--port', '0', '--data', 'data'], more)
      expect(await second.ended).toBe(1)
      expect(second.said.error).toBe(
        'causeway: another server has the data directory data: stop it, or give this one a directory of its own with --data: database is locked\n',
      )
      server.child.kill('SIGTERM')
      expect(await server.ended).toBe(0)
    }
    place.remove()
  })
})
