import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditAll } from '../../src/ledger/auditor.ts'
import { realClock } from '../../src/ledger/clock.ts'
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts'
import { openPostgresLedger } from '../../src/ledger/postgres/store.ts'
import type { LedgerStore } from '../../src/ledger/store.ts'
import { startSweeper } from '../../src/ledger/sweeper.ts'
import { nano } from '../../src/model/money.ts'
import { type TestDatabase, testDatabase } from '../support/postgres.ts'
import { noSpool } from './no-spool.ts'

describe('several processes on one database', () => {
  let database: TestDatabase
  let stores: LedgerStore[]
  let ledgers: Ledger[]
  let admin: pg.Client
  beforeAll(async () => {
    database = await testDatabase()
    const open = (node: string) => openPostgresLedger({ url: database.url, node })
    // All at once: the schema is made once.
    stores = await Promise.all(['one', 'two', 'three'].map(open))
    ledgers = stores.map((store) => openLedger({ store, spool: noSpool(), clock: realClock, onTrouble: () => {} }))
    admin = new pg.Client({ connectionString: database.url })
    await admin.connect()
  }, 60_000)
  afterAll(async () => {
    await admin.end()
    for (const ledger of ledgers) await ledger.close()
    await database.end()
  }, 60_000)

  const on = (at: number): Ledger => ledgers[at % ledgers.length] as Ledger
  const fund = async (account: string, amount: bigint): Promise<void> => {
    await on(0).submit<'open'>({ do: 'open', account, floor: nano(0n) })
    const credit = { do: 'credit', id: account, account, amount: nano(amount), reason: '', actor: '' } as const
    await on(0).submit<'credit'>(credit)
  }

  it('admit exactly ten of two hundred that have money for ten', async () => {
    await fund('ten', 109n)
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, at) => {
        const holds = [{ account: 'ten' }, { account: `key ${at % 7}`, limit: nano(1_000n) }]
        return on(at).submit<'reserve'>({ do: 'reserve', id: `ten ${at}`, holds, amount: nano(10n) })
      }),
    )
    expect(answers.filter(({ is }) => is === 'reserved')).toHaveLength(10)
    expect(answers.filter(({ is }) => is === 'insufficient')).toHaveLength(190)
  })

  it('settle once what all of them settle at once', async () => {
    await fund('once', 1_000n)
    const ids = Array.from({ length: 50 }, (_, at) => `once ${at}`)
    await Promise.all(
      ids.map((id, at) =>
        on(at).submit<'reserve'>({ do: 'reserve', id, holds: [{ account: 'once' }], amount: nano(10n) }),
      ),
    )
    const answers = await Promise.all(
      ids.flatMap((id) =>
        ledgers.map((ledger, at) =>
          ledger.submit<'settle'>({ do: 'settle', id, charge: nano(7n), costs: [], source: `process ${at}` }),
        ),
      ),
    )
    expect(answers.filter(({ is }) => is === 'settled')).toHaveLength(50)
    expect(answers.filter(({ is }) => is === 'already settled')).toHaveLength(100)
    expect(await stores[0]?.account('once')).toMatchObject({ balance: 650n, held: 0n })
  })

  it('reserve an id once, whoever is asked', async () => {
    await fund('rivals', 1_000n)
    const answers = await Promise.all(
      ledgers.map((ledger) =>
        ledger.submit<'reserve'>({ do: 'reserve', id: 'rival', holds: [{ account: 'rivals' }], amount: nano(10n) }),
      ),
    )
    expect(answers.map((answer) => answer.is === 'reserved' && answer.repeated).sort()).toEqual([false, true, true])
    expect(await stores[0]?.account('rivals')).toMatchObject({ held: 10n })
  })

  it('sweep together, once, whom the database has not heard of for half a minute', async () => {
    await fund('asleep', 1_000n)
    const sleeper = await openPostgresLedger({ url: database.url, node: 'sleeper' })
    const ledger = openLedger({ store: sleeper, spool: noSpool(), clock: realClock, onTrouble: () => {} })
    for (let at = 0; at < 20; at++) {
      const id = `asleep ${at}`
      await ledger.submit<'reserve'>({ do: 'reserve', id, holds: [{ account: 'asleep' }], amount: nano(10n) })
      await ledger.submit<'checkpoint'>({ do: 'checkpoint', id, used: nano(4n) })
    }
    expect(await sleeper.beat()).toBeLessThan(30_000)
    expect(await stores[0]?.orphans()).toEqual([])
    await admin.query("UPDATE ledger_nodes SET beat_at = beat_at - 31000 WHERE node = 'sleeper'")
    const sweepers = ledgers.map((other, at) =>
      startSweeper({ ledger: other, store: stores[at] ?? sleeper, clock: realClock, steadyMs: 0, onTrouble: () => {} }),
    )
    for (const sweeper of sweepers) await sweeper.close()
    expect(sweepers.reduce((all, sweeper) => all + sweeper.swept(), 0)).toBe(20)
    expect(await stores[0]?.account('asleep')).toMatchObject({ balance: 920n, held: 0n })
    const late = { do: 'settle', id: 'asleep 0', charge: nano(9n), costs: [], source: 'vendor' } as const
    expect(await ledger.submit<'settle'>(late)).toMatchObject({ is: 'already settled', source: 'sweep' })
    expect(await stores[0]?.account('asleep')).toMatchObject({ balance: 915n, held: 0n })
    await ledger.close()
  })

  it('lose nothing and do nothing twice when connections are cut', async () => {
    await fund('cut', 1_000_000n)
    let isOver = false
    const cutting = (async () => {
      while (!isOver) {
        await admin.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        )
        await new Promise((resolve) => setTimeout(resolve, 15))
      }
    })()
    let settled = 0n
    const request = async (at: number): Promise<void> => {
      const id = `cut ${at}`
      const reserved = await on(at).submit<'reserve'>({
        do: 'reserve',
        id,
        holds: [{ account: 'cut' }],
        amount: nano(100n),
      })
      if (reserved.is !== 'reserved') return
      await on(at).submit<'settle'>({ do: 'settle', id, charge: nano(60n), costs: [], source: 'vendor' })
      settled += 60n
    }
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: 30 }, (_, at) => request(round * 30 + at)))
    isOver = true
    await cutting
    // What was given up, or is kept, is still on its way.
    const atRest = async () => {
      const account = await stores[0]?.account('cut')
      return account?.held === 0n && account.balance === 1_000_000n - settled
    }
    await expect.poll(atRest, { timeout: 10_000 }).toBe(true)
    expect(settled).toBeGreaterThan(0n)
  }, 60_000)

  it('prove the same book', async () => {
    expect(await auditAll(stores[1] as LedgerStore)).toEqual([])
  })

  it('are told of balances and holds that somebody has changed by hand', async () => {
    await fund('honest', 100n)
    await admin.query("UPDATE ledger_accounts SET balance = balance + 5 WHERE id = 'honest'")
    await admin.query("UPDATE ledger_accounts SET held = held + 7 WHERE id = 'ten'")
    const differences = await auditAll(stores[2] as LedgerStore)
    expect(differences?.toSorted((one, other) => (one.account < other.account ? -1 : 1))).toEqual([
      { account: 'honest', figure: 'balance', is: 105n, shouldBe: 100n },
      { account: 'ten', figure: 'held', is: 107n, shouldBe: 100n },
    ])
  })
})
