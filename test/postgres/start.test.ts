import { readdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgresStore } from '../../src/store/postgres.ts'
import { run as ask, type TestDatabase, testDatabase } from '../support/postgres.ts'
import { run, temporaryDirectory } from '../support/program.ts'
import { roadTo } from '../support/road.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.end())

/** The address of the database with something else in it. */
function altered(change: (url: URL) => void): string {
  const url = new URL(database.url)
  change(url)
  return url.href
}

/** A role that may log in and nothing else. */
async function poorRole(): Promise<string> {
  await ask(database.url, "CREATE ROLE causeway_poor LOGIN PASSWORD 'hunter2'")
  return altered((url) => {
    url.username = 'causeway_poor'
    url.password = 'hunter2'
  })
}

describe('a database that cannot be used is told in a line, with what to do and without the password', () => {
  it.each<[string, () => string | Promise<string>, RegExp]>([
    [
      'nobody listens',
      () => altered((url) => void (url.port = '1')),
      /^the database postgres:\/\/\w+@\S+:1\/\w+ cannot be reached: start it, or correct CAUSEWAY_DATABASE_URL$/,
    ],
    [
      'the host has no address',
      () => altered((url) => void (url.hostname = 'nowhere.invalid')),
      /cannot be reached: start it, or correct CAUSEWAY_DATABASE_URL$/,
    ],
    [
      'the password is wrong',
      () => altered((url) => void (url.password = 'hunter2')),
      /refuses the user: correct the name or the password in CAUSEWAY_DATABASE_URL$/,
    ],
    [
      'there is none of this name',
      () => altered((url) => void (url.pathname = '/nothing_here')),
      /nothing_here is not there: create it, or correct its name in CAUSEWAY_DATABASE_URL$/,
    ],
    ['its user may do nothing', poorRole, /does not let its user create tables: grant it, or name another user/],
  ])('%s', async (_, url, expected) => {
    const text = await url()
    const error = await openPostgresStore(text).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(Error)
    const { message } = error as Error
    expect(message).toMatch(expected)
    expect(message).not.toContain('\n')
    expect(message).not.toContain('hunter2')
    await ask(database.url, 'DROP ROLE IF EXISTS causeway_poor')
  })

  it('a server that never answers', async () => {
    const road = await roadTo(new URL(database.url))
    road.freeze()
    const url = altered((one) => void (one.host = `127.0.0.1:${road.port}`))
    await expect(openPostgresStore(url)).rejects.toThrow(
      'cannot be reached: start it, or correct CAUSEWAY_DATABASE_URL',
    )
    await road.close()
  })

  it('a whole program ends with 1, and no stack', async () => {
    const place = temporaryDirectory()
    const url = altered((one) => void (one.password = 'hunter2'))
    const program = run(place.path, ['--port', '0'], { CAUSEWAY_DATABASE_URL: url, CAUSEWAY_LOG: 'debug' })
    expect(await program.ended).toBe(1)
    expect(program.said.error).toContain('refuses the user')
    expect(program.said.out + program.said.error).not.toContain('hunter2')
    place.remove()
  })
})

describe('the schema', () => {
  it('is made once by many that start together', async () => {
    const fresh = await testDatabase()
    const stores = await Promise.all(Array.from({ length: 6 }, () => openPostgresStore(fresh.url)))
    for (const store of stores) {
      expect(await store.keys.list()).toEqual([])
      await store.close()
    }
    await fresh.end()
  })

  it('that is newer than the program is refused and left alone', async () => {
    const fresh = await testDatabase()
    await (await openPostgresStore(fresh.url)).close()
    await ask(fresh.url, "INSERT INTO kysely_migration (name, timestamp) VALUES ('999-the-future', '2030-01-01')")
    await expect(openPostgresStore(fresh.url)).rejects.toMatchObject({
      message: expect.stringContaining('cannot be used'),
      cause: expect.objectContaining({ message: expect.stringContaining('it has 999-the-future') }),
    })
    const steps = await ask(fresh.url, 'SELECT name FROM kysely_migration ORDER BY name DESC LIMIT 1')
    expect(steps).toEqual([{ name: '999-the-future' }])
    await fresh.end()
  })
})

describe('a server on a database', () => {
  it('ends what it left open when it was killed, and keeps nothing else in its directory', async () => {
    const place = temporaryDirectory()
    const environment = { CAUSEWAY_DATABASE_URL: database.url }
    writeFileSync(`${place.path}/causeway.yaml`, 'prices: [{ model: "*", input: 1, output: 10 }]')
    const first = run(place.path, ['--port', '0'], environment)
    const [, key = ''] = await first.says(/new key "first": (\S+)/)
    const [, url = ''] = await first.says(/listening on (\S+)/)
    const body = JSON.stringify({
      model: 'sandbox-1',
      stream: true,
      messages: [{ role: 'user', content: 'sandbox: delay=200ms words=200' }],
    })
    const stream = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body,
    })
    expect(stream.status).toBe(200)
    const open = () => ask(database.url, "SELECT id FROM ledger_reservations WHERE state = 'open'")
    first.child.kill('SIGKILL')
    await first.ended
    await expect(stream.text()).rejects.toThrow()
    expect(await open()).toHaveLength(1)
    const second = run(place.path, ['--port', '0'], environment)
    await second.says(/listening on/)
    await expect.poll(open, { timeout: 10_000 }).toEqual([])
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
    expect(readdirSync(`${place.path}/data`).toSorted()).toEqual([
      'ledger.node',
      'ledger.spool',
      'master.key',
      'server.lock',
    ])
    expect(second.said.out + second.said.error).not.toContain(new URL(database.url).password)
    place.remove()
  }, 60_000)
})
