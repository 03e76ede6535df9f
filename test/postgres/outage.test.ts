import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StoreOutage } from '../../src/store/outage.ts'
import { openPostgresStore } from '../../src/store/postgres.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'
import { databaseOn, type TestDatabase, testDatabase } from '../support/postgres.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { run, temporaryDirectory } from '../support/program.ts'
import { type Road, roadTo } from '../support/road.ts'

// A database that is away costs answers, never the truth: no key that is known becomes unknown, and no money is lost.

const yaml = `prices: [{ model: sandbox-echo, free: true }, { model: "*", input: 1, output: 10 }]`
const master = 'a master key of all servers'

interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  readonly tookMs: number
}

let database: TestDatabase
let road: Road
let gateway: Gateway
let known = ''
let passedMs = 0

/** A server whose database can be cut off. */
async function start(): Promise<void> {
  database = await testDatabase()
  const url = new URL(database.url)
  road = await roadTo(url)
  url.host = `127.0.0.1:${road.port}`
  await startOn(url.href)
}

async function end(): Promise<void> {
  await road.mend()
  await gateway.close()
  await road.close()
  await database.end()
}

async function startOn(url: string): Promise<void> {
  const environment = { CAUSEWAY_DATABASE_URL: url, CAUSEWAY_MASTER_KEY: master }
  passedMs = 0
  gateway = await startGateway(yaml, environment, { stopwatch: () => performance.now() + passedMs })
  known = gateway.app.newKeys[0]?.key ?? ''
}

async function ask(key: string, model = 'sandbox-1', content = 'Hello', more: object = {}): Promise<Answer> {
  const startedAt = performance.now()
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...(key !== '' && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ model, max_tokens: 100, messages: [{ role: 'user', content }], ...more }),
  })
  await answer.text()
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    tookMs: performance.now() - startedAt,
  }
}

const eventually = (look: () => Promise<void>): Promise<void> => vi.waitFor(look, { timeout: 15_000, interval: 50 })

/** Asks with the known key, eight at a time, until it is told to stop. Gives every answer. */
function load(): { stop(): Promise<readonly Answer[]> } {
  let isOver = false
  const answers: Answer[] = []
  const workers = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      answers.push(await ask(known))
      await pause(10)
    }
  })
  return {
    async stop() {
      isOver = true
      await Promise.all(workers)
      return answers
    },
  }
}

/** Everything that was logged as charged, and nothing else, has left the account; nothing is held. */
const balances = (): Promise<void> =>
  eventually(async () => {
    const rows = await gateway.app.store.requests.page({}, 100_000)
    const charged = rows.reduce((sum, row) => sum + row.charged, 0n)
    expect(charged).toBeGreaterThan(0n)
    expect(gateway.app.books.ledger.kept()).toBe(0)
    expect(await gateway.app.books.store.account('user:acc_default')).toMatchObject({ held: 0n, balance: -charged })
  })

describe.each<[string, () => Promise<void> | void]>([
  ['dies', () => road.cut()],
  ['is silent', () => road.freeze()],
  ['takes two seconds for every question', () => road.slow(2_000)],
  ['fails over at every commit, before it is answered', () => road.breakAfter('COMMIT')],
])('while the database %s', (_, breakIt) => {
  beforeEach(start)
  afterEach(end)

  it('paid requests are refused at once and told when to come again, free ones go on, and all is well afterwards', async () => {
    const stream = ask(known, 'sandbox-1', 'sandbox: delay=40ms words=50', { stream: true })
    const loaded = load()
    await pause(300)
    await breakIt()
    await eventually(async () => expect((await ask(known)).status).toBe(503))
    const paid = await ask(known)
    expect(paid).toMatchObject({ status: 503, retryAfter: '2' })
    expect((await ask(known, 'sandbox-echo')).status).toBe(200)
    expect((await ask('')).status).toBe(401)
    // A stream that began before ends as if nothing were.
    expect((await stream).status).toBe(200)
    await road.mend()
    await eventually(async () => expect((await ask(known)).status).toBe(200))
    const answers = await loaded.stop()
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]))
    for (const { status, retryAfter } of answers) expect(retryAfter === null).toBe(status === 200)
    // A deadline of a quarter of a second; more is the machine's.
    for (const { status, tookMs } of answers) if (status === 503) expect(tookMs).toBeLessThan(5_000)
    await balances()
  }, 60_000)
})

describe('while the database is away', () => {
  const breakIt = () => road.cut()
  beforeEach(start)
  afterEach(end)

  it('keys that nobody knows here are not called unknown, and mistyped ones are', async () => {
    const unknown = 'sk-somebody-made-this-elsewhere'
    expect((await ask(unknown)).status).toBe(401)
    await breakIt()
    await eventually(async () => expect(await ask(unknown)).toMatchObject({ status: 503, retryAfter: '2' }))
    expect((await ask(`${known.slice(0, -1)}${known.endsWith('A') ? 'B' : 'A'}`)).status).toBe(401)
    expect((await ask(known, 'sandbox-echo')).status).toBe(200)
    await road.mend()
    await eventually(async () => expect((await ask(unknown)).status).toBe(401))
  }, 60_000)

  it('known keys go on for fifteen minutes, and then nobody is served and nobody is called a stranger', async () => {
    await breakIt()
    await eventually(async () => expect((await ask('sk-elsewhere-00000000')).status).toBe(503))
    passedMs = 14 * 60_000
    expect((await ask(known, 'sandbox-echo')).status).toBe(200)
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200)
    passedMs = 16 * 60_000
    expect(await ask(known, 'sandbox-echo')).toMatchObject({ status: 503, retryAfter: '2' })
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503)
    await road.mend()
    await eventually(async () => expect((await ask(known, 'sandbox-echo')).status).toBe(200))
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200)
  }, 60_000)

  it('a key that is revoked meanwhile counts until the database is back, and then no second longer', async () => {
    const elsewhere = await openPostgresStore(database.url)
    const [key] = await elsewhere.keys.list()
    await breakIt()
    await eventually(async () => expect((await ask('sk-elsewhere-00000000')).status).toBe(503))
    passedMs = 10 * 60_000
    expect((await ask(known, 'sandbox-echo')).status).toBe(200)
    await elsewhere.keys.revoke(key?.id ?? '', 2)
    expect((await ask(known, 'sandbox-echo')).status).toBe(200)
    await road.mend()
    const backAt = performance.now()
    await eventually(async () => expect((await ask(known, 'sandbox-echo')).status).toBe(401))
    // A second, and what a machine under load takes for it.
    expect(performance.now() - backAt).toBeLessThan(3_000)
    await elsewhere.close()
  }, 60_000)

  it('what is stored cannot be looked up, and that is what is said', async () => {
    await breakIt()
    await eventually(async () => expect((await ask('sk-elsewhere-00000000')).status).toBe(503))
    const headers = { authorization: `Bearer ${known}` }
    const stored = await fetch(`${gateway.url}/v1/responses/resp_1`, { headers })
    expect([stored.status, stored.headers.get('retry-after')]).toEqual([503, '2'])
    const going = await fetch(`${gateway.url}/v1/responses`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'sandbox-echo', input: 'Hello', previous_response_id: 'resp_1' }),
    })
    expect([going.status, going.headers.get('retry-after')]).toEqual([503, '2'])
    const managed = await fetch(`${gateway.url}/api/tokens`, {
      headers: { authorization: `Bearer ${gateway.app.rootToken}` },
    })
    expect([managed.status, managed.headers.get('retry-after')]).toEqual([503, '2'])
  }, 60_000)
})

describe.each<[string, () => Promise<void> | void]>([
  ['dead', () => road.cut()],
  ['silent', () => road.freeze()],
])('a server whose database is %s', (_, breakIt) => {
  it('can be ended all the same', async () => {
    database = await testDatabase()
    const url = new URL(database.url)
    road = await roadTo(url)
    url.host = `127.0.0.1:${road.port}`
    const place = temporaryDirectory()
    const program = run(place.path, ['--port', '0'], { CAUSEWAY_DATABASE_URL: url.href })
    await program.says(/listening on/)
    await breakIt()
    program.child.kill('SIGTERM')
    expect(await program.ended).toBe(0)
    await road.close()
    await database.end()
    place.remove()
  }, 60_000)
})

describe('connections that a firewall has forgotten', () => {
  it('are left, all of them, when one of them has been silent', async () => {
    database = await testDatabase()
    const url = new URL(database.url)
    road = await roadTo(url)
    url.host = `127.0.0.1:${road.port}`
    const store = await openPostgresStore(url.href)
    const many = () => Promise.all(Array.from({ length: 6 }, () => store.keys.list()))
    await many()
    road.freeze()
    await expect(store.keys.list()).rejects.toThrow(StoreOutage)
    road.forget()
    const startedAt = performance.now()
    expect(await many()).toHaveLength(6)
    // One that is silent is waited for six seconds.
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    await store.close()
    await road.close()
    await database.end()
  }, 60_000)
})

describe.each(['stop', 'crash'] as const)('a PostgreSQL that is told to %s under load and started again', (how) => {
  it('costs answers and nothing else', async () => {
    const server = await startPostgres()
    database = await databaseOn(server.url, server.remove)
    await startOn(database.url)
    const loaded = load()
    await pause(300)
    await server[how]()
    await eventually(async () => expect((await ask(known)).status).toBe(503))
    await server.start()
    await eventually(async () => expect((await ask(known)).status).toBe(200))
    const answers = await loaded.stop()
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]))
    await balances()
    await gateway.close()
    await database.end()
  }, 120_000)
})
