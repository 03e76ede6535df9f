import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningLedger, startLedger } from '../../src/ledger/start.ts'
import { nano } from '../../src/model/money.ts'
import { type LogRecovery, logRecovery } from '../../src/relay/log-recovery.ts'
import { writeMemo } from '../../src/relay/memo.ts'
import { type LogFigures, type RequestLog, requestLog } from '../../src/relay/request-log.ts'
import { storeIn } from '../../src/store/open.ts'
import type { RequestRow } from '../../src/store/requests.ts'
import type { Store } from '../../src/store/store.ts'
import { run, testDatabase } from '../support/postgres.ts'
import { temporaryDirectory } from '../support/program.ts'

// A process dies, the next one of its place looks after it: what a customer was charged is what the log says.

interface Place {
  readonly dataDirectory: string
  readonly databaseUrl?: string
}

interface Process {
  readonly store: Store
  readonly books: RunningLedger
  readonly requestLog: RequestLog & LogFigures
  readonly recovery: LogRecovery
  readonly errors: unknown[]
  /** Resolves when so many requests of dead processes were ended. */
  swept(count: number): Promise<void>
}

const engines = {
  SQLite: async () => undefined,
  PostgreSQL: testDatabase,
} as const

describe.each(Object.entries(engines))('the request log after a kill, on %s', (_, database) => {
  let place: Place
  let end: () => Promise<void>
  const open = new Set<Process>()

  beforeEach(async () => {
    const directory = temporaryDirectory()
    const made = await database()
    place = { dataDirectory: directory.path, ...(made && { databaseUrl: made.url }) }
    end = async () => {
      for (const process of open) await die(process)
      directory.remove()
      await made?.end()
    }
  })
  afterEach(() => end())

  async function start(at: Place = place): Promise<Process> {
    const errors: unknown[] = []
    const log = { debug() {}, info() {}, warn() {}, error: (about: object) => void errors.push(about) }
    const store = await storeIn(at)
    const recovery = logRecovery()
    const hopes = new Set<() => void>()
    let ended = 0
    const books = await startLedger(at, {
      onTrouble: (trouble) => errors.push(trouble),
      onDifference: (difference) => errors.push(difference),
      onSwept(id) {
        recovery.swept(id)
        ended++
        for (const hope of hopes) hope()
      },
    })
    const requests = requestLog(store.requests, log)
    await recovery.begin({
      books: books.store,
      requests: store.requests,
      marks: store.marks,
      requestLog: requests,
      log,
    })
    const process: Process = {
      ...{ store, books, requestLog: requests, recovery, errors },
      swept: (count) =>
        new Promise((resolve) => {
          const look = (): void => {
            if (ended >= count) resolve()
          }
          hopes.add(look)
          look()
        }),
    }
    open.add(process)
    return process
  }

  /** What is open stays open, what is not written is lost. */
  async function die(process: Process): Promise<void> {
    open.delete(process)
    await process.recovery.stop()
    await process.books.close()
    await process.store.close()
    expect(process.errors).toEqual([])
  }

  const user = 'user:acc_1'
  const memo = writeMemo({ key: 'key_1', model: 'm', format: 'openai-chat', isStream: true })

  async function reserve({ books: { ledger } }: Process, id: string, more: object = { memo }): Promise<void> {
    await ledger.submit<'open'>({ do: 'open', account: user, floor: nano(-1_000_000n) })
    const holds = [{ account: user }, { account: 'key:key_1:total', limit: nano(1_000_000n) }]
    const answer = await ledger.submit<'reserve'>({ do: 'reserve', id, holds, amount: nano(100n), price: 'p', ...more })
    expect(answer.is).toBe('reserved')
  }

  const settle = ({ books: { ledger } }: Process, id: string, charge: bigint) =>
    ledger.submit<'settle'>({ do: 'settle', id, charge: nano(charge), costs: [], source: 'vendor', price: 'p' })

  const lineOf = (id: string, charged: bigint): RequestRow => ({
    id,
    atMs: Date.now(),
    account: 'acc_1',
    keyId: 'key_1',
    model: 'm',
    channel: 'c',
    outcome: 'answered',
    charged,
    detail: { usage: { output: 1 } },
  })

  /** What the balance says, and what the log says of the account and its key. */
  async function sums({ books, store }: Process): Promise<readonly bigint[]> {
    const account = await books.store.account(user)
    const said = await Promise.all([
      store.spending.sum({ account: 'acc_1' }),
      store.spending.sum({ keyId: 'key_1' }),
      store.requests.page({ keyId: 'key_1' }, 100).then((rows) => rows.reduce((sum, row) => sum + row.charged, 0n)),
    ])
    return [-(account?.balance ?? 0n), ...said]
  }

  it('has a line of what was under way, at its checkpoint', async () => {
    const first = await start()
    await reserve(first, 'req_1')
    await first.books.ledger.submit<'checkpoint'>({ do: 'checkpoint', id: 'req_1', used: nano(30n) })
    await reserve(first, 'req_2')
    await die(first)
    const second = await start()
    await second.swept(2)
    await second.recovery.stop()
    expect(await second.store.requests.find('req_1')).toMatchObject({
      account: 'acc_1',
      keyId: 'key_1',
      model: 'm',
      outcome: 'swept',
      charged: 30n,
      detail: { source: 'sweep', price: 'p', reserved: '100', isStream: true, format: 'openai-chat' },
    })
    expect(await second.store.requests.find('req_2')).toMatchObject({ outcome: 'swept', charged: 0n })
    expect(await sums(second)).toEqual([30n, 30n, 30n, 30n])
    expect(await second.books.store.transfersOf('req_1')).toMatchObject([{ kind: 'charge', price: 'p' }, {}])
  })

  it('has a line of what was charged in the last moments, and those that were written stay', async () => {
    const first = await start()
    for (const id of ['req_1', 'req_2', 'req_3']) await reserve(first, id)
    for (const [at, id] of ['req_1', 'req_2', 'req_3'].entries()) await settle(first, id, BigInt(10 ** at))
    await first.store.requests.add([lineOf('req_2', 10n)])
    await die(first)
    const second = await start()
    await second.recovery.stop()
    const outcomes = (await second.store.requests.page({}, 9)).map(({ id, outcome }) => [id, outcome]).toSorted()
    expect(outcomes).toEqual([
      ['req_1', 'recovered'],
      ['req_2', 'answered'],
      ['req_3', 'recovered'],
    ])
    expect(await sums(second)).toEqual([111n, 111n, 111n, 111n])
  })

  it('knows the key by its budget where nothing else was written down', async () => {
    const first = await start()
    await reserve(first, 'req_1', {})
    await settle(first, 'req_1', 7n)
    await die(first)
    const second = await start()
    await second.recovery.stop()
    expect(await sums(second)).toEqual([7n, 7n, 7n, 7n])
  })

  it('is looked through once, from where it was complete', async () => {
    const first = await start()
    await reserve(first, 'req_0')
    await settle(first, 'req_0', 1n)
    first.requestLog.add(lineOf('req_0', 1n))
    await first.recovery.stop()
    await first.requestLog.close()
    await first.recovery.leave()
    expect(await first.store.marks.under('request-log/')).toEqual([])
    await die(first)
    const second = await start()
    await reserve(second, 'req_1')
    await settle(second, 'req_1', 10n)
    await die(second)
    const third = await start()
    await third.recovery.stop()
    expect(await sums(third)).toEqual([11n, 11n, 11n, 11n])
    const marks = await third.store.marks.under('request-log/')
    expect(marks).toHaveLength(1)
    expect(marks[0]?.name).toContain(`/${third.books.store.epoch}/`)
  })

  // A file has one server.
  if (database === testDatabase)
    it('is written by others for a server that does not come back', async () => {
      const { databaseUrl } = place
      if (databaseUrl === undefined) throw new Error('a test of several servers, without a database')
      const elsewhere = temporaryDirectory()
      const other = await start({ dataDirectory: elsewhere.path, databaseUrl })
      await reserve(other, 'req_1')
      await settle(other, 'req_1', 10n)
      await die(other)
      elsewhere.remove()
      const early = await start()
      await early.recovery.stop()
      expect(await early.store.requests.find('req_1')).toBeUndefined()
      await die(early)
      await run(databaseUrl, `UPDATE ledger_nodes SET beat_at = beat_at - 60000`)
      const later = await start()
      await later.recovery.stop()
      expect(await sums(later)).toEqual([10n, 10n, 10n, 10n])
      expect(await later.store.marks.under('request-log/')).toHaveLength(1)
    })

  it('is not written for those who live', async () => {
    const only = await start()
    await reserve(only, 'req_1')
    await settle(only, 'req_1', 10n)
    const looker = logRecovery()
    const { books, errors, requestLog, store } = only
    const log = { debug() {}, info() {}, warn() {}, error: (about: object) => void errors.push(about) }
    await looker.begin({ books: books.store, requests: store.requests, marks: store.marks, requestLog, log })
    await looker.stop()
    expect(await store.requests.find('req_1')).toBeUndefined()
  })
})
