import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditAll } from '../../src/ledger/auditor.ts'
import { type Clock, realClock } from '../../src/ledger/clock.ts'
import type { Terms } from '../../src/ledger/lease/leasing.ts'
import { shareOf } from '../../src/ledger/lease/share.ts'
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts'
import { openPostgresLedger } from '../../src/ledger/postgres/store.ts'
import type { LedgerStore } from '../../src/ledger/store.ts'
import { startSweeper } from '../../src/ledger/sweeper.ts'
import { nano } from '../../src/model/money.ts'
import { type TestDatabase, testDatabase } from '../support/postgres.ts'
import { killOnDatabase } from './kill/kill-leases.ts'
import { noSpool } from './no-spool.ts'

/** Hot at once, and rich at any price. */
const eager: Terms = { hotPerSecond: 1, windowMs: 200, part: 10n, spendMs: 1_000, poorBelow: nano(0n) }
/** Sweepers take their rounds one after the other. */
const fast: Clock = { ...realClock, after: (delayMs, run) => realClock.after(Math.min(delayMs, 50), run) }

describe('several processes that draw shares of hot accounts', () => {
  const names = ['one', 'two', 'three']
  let database: TestDatabase
  let stores: LedgerStore[]
  let ledgers: Ledger[]
  let admin: pg.Client
  const open = (node: string) => openPostgresLedger({ url: database.url, node, terms: eager })
  const ledgerOn = (store: LedgerStore): Ledger =>
    openLedger({ store, spool: noSpool(), clock: realClock, onTrouble: () => {} })
  beforeAll(async () => {
    database = await testDatabase()
    stores = await Promise.all(names.map(open))
    ledgers = stores.map(ledgerOn)
    admin = new pg.Client({ connectionString: database.url })
    await admin.connect()
  }, 60_000)
  afterAll(async () => {
    await admin.end()
    for (const ledger of ledgers) await ledger.close()
    await database.end()
  }, 60_000)

  const store = (at: number): LedgerStore => stores[at % stores.length] as LedgerStore
  const on = (at: number): Ledger => ledgers[at % ledgers.length] as Ledger
  const fund = async (account: string, amount: bigint): Promise<void> => {
    await on(0).submit<'open'>({ do: 'open', account, floor: nano(0n) })
    const credit = { do: 'credit', id: account, account, amount: nano(amount), reason: '', actor: '' } as const
    await on(0).submit<'credit'>(credit)
  }
  const row = async (id: string): Promise<{ version: number; free: bigint }> => {
    const { rows } = await admin.query('SELECT version, balance - held AS free FROM ledger_accounts WHERE id = $1', [
      id,
    ])
    return { version: Number(rows[0]?.version ?? 0), free: BigInt(rows[0]?.free ?? 0) }
  }
  const freeOnShares = async (account: string): Promise<bigint> => {
    const { rows } = await admin.query(
      'SELECT coalesce(sum(balance - held), 0) AS free FROM ledger_accounts WHERE id LIKE $1',
      [`share/%/${account}`],
    )
    return BigInt(rows[0]?.free)
  }
  let last = 0
  /** A request on the account and on a budget, charged with 7 of 10. */
  const pair = async (ledger: Ledger, account: string): Promise<void> => {
    const id = `${account} ${last++}`
    const holds = [{ account }, { account: `key of ${account}`, limit: nano(1_000_000n) }]
    const reserved = await ledger.submit<'reserve'>({ do: 'reserve', id, holds, amount: nano(10n) })
    // A busy machine: nothing stays held, so another may be asked for.
    if (reserved.is === 'unavailable') return pair(ledger, account)
    if (reserved.is !== 'reserved') throw new Error(`a reserve was answered with "${reserved.is}"`)
    await ledger.submit<'settle'>({ do: 'settle', id, charge: nano(7n), costs: [], source: 'vendor' })
  }
  /** Requests on each process until it has a share. How many they were. */
  const heat = async (account: string, nodes: readonly string[], through: readonly Ledger[]): Promise<bigint> => {
    const counts = nodes.map(async (node, at) => {
      for (let count = 1n; count < 500n; count++) {
        await pair(through[at] as Ledger, account)
        const { free } = await row(shareOf(account, node))
        if (free > 0n) return count
      }
      throw new Error(`${node} has no share of ${account}`)
    })
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0n)
  }
  const heatAll = (account: string): Promise<bigint> => heat(account, names, ledgers)

  it('touch the account now and then, and tell it as one', async () => {
    await fund('hot', 100_000n)
    const warm = await heatAll('hot')
    const [account, key] = [await row('hot'), await row('key of hot')]
    for (let round = 0; round < 100; round++) await Promise.all(ledgers.map((ledger) => pair(ledger, 'hot')))
    // Of six hundred commits.
    expect((await row('hot')).version - account.version).toBeLessThan(300)
    expect((await row('key of hot')).version - key.version).toBeLessThan(300)
    expect(await freeOnShares('hot')).toBeGreaterThan(0n)
    const spent = 7n * (warm + 300n)
    for (const one of stores) {
      expect(await one.account('hot')).toMatchObject({ kind: 'user', balance: 100_000n - spent, held: 0n, floor: 0n })
      expect(await one.account('key of hot')).toMatchObject({ kind: 'budget', balance: -spent, floor: -1_000_000n })
    }
  })

  it('list what was charged through shares, and name the account', async () => {
    const { balance = 0n } = (await store(1).account('hot')) ?? {}
    const all = await store(1).statement({ account: 'hot', limit: 10_000 })
    expect(all).toHaveLength(Number((100_000n - balance) / 7n) + 1)
    expect(all.every(({ transfer }) => transfer.debit === 'hot' || transfer.credit === 'hot')).toBe(true)
    const pages = []
    for (let before: { batch: number; n: number } | undefined; ; ) {
      const page = await store(2).statement({ account: 'hot', limit: 100, ...(before && { before }) })
      pages.push(...page)
      before = page.at(-1)
      if (page.length < 100) break
    }
    expect(pages).toEqual(all)
    const id = all[0]?.transfer.reservation ?? ''
    expect(await store(0).reservation(id)).toMatchObject({ accounts: ['hot', 'key of hot'] })
    expect(await store(0).transfersOf(id)).toMatchObject([
      { kind: 'charge', debit: 'hot', amount: 7n },
      { kind: 'budget', debit: 'key of hot', amount: 7n },
    ])
  })

  it('admit exactly ten of two hundred right after, with shares out', async () => {
    await fund('ten', 100_000n)
    await heatAll('ten')
    const { balance = 0n } = (await store(0).account('ten')) ?? {}
    expect(await freeOnShares('ten')).toBeGreaterThan(0n)
    const amount = nano((balance - 9n) / 10n)
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        on(at).submit<'reserve'>({ do: 'reserve', id: `ten of 200 ${at}`, holds: [{ account: 'ten' }], amount }),
      ),
    )
    expect(answers.filter(({ is }) => is === 'reserved')).toHaveLength(10)
    const refused = answers.filter((answer) => answer.is === 'insufficient')
    expect(refused).toHaveLength(190)
    expect(refused.every(({ account, available }) => account === 'ten' && available < amount)).toBe(true)
    expect(await store(0).account('ten')).toMatchObject({ balance, held: 10n * amount })
  })

  it('take away all that there is, wherever it lies', async () => {
    await fund('taken', 100_000n)
    await heatAll('taken')
    const { balance = 0n } = (await store(0).account('taken')) ?? {}
    const adjust = { do: 'adjust', accounts: ['taken'], reason: '', actor: '' } as const
    expect(await on(1).submit<'adjust'>({ ...adjust, id: 'too much', amount: nano(-balance - 1n) })).toEqual({
      is: 'insufficient',
      account: 'taken',
      available: balance,
    })
    expect(await on(1).submit<'adjust'>({ ...adjust, id: 'all', amount: nano(-balance) })).toMatchObject({ is: 'done' })
    expect(await store(0).account('taken')).toMatchObject({ balance: 0n })
    expect(await freeOnShares('taken')).toBe(0n)
  })

  it('send home what a dead one has drawn, once, whoever looks', async () => {
    await fund('orphaned', 100_000n)
    const ledger = ledgerOn(await open('dead'))
    const count = await heat('orphaned', ['dead'], [ledger])
    const sweepers = ledgers.map((other, at) =>
      startSweeper({ ledger: other, store: store(at), clock: fast, steadyMs: 0, onTrouble: () => {} }),
    )
    await expect.poll(() => freeOnShares('orphaned'), { timeout: 10_000 }).toBe(0n)
    for (const sweeper of sweepers) await sweeper.close()
    expect((await row('orphaned')).free).toBe(100_000n - 7n * count)
    // It was only asleep, and goes on.
    await pair(ledger, 'orphaned')
    expect(await store(0).account('orphaned')).toMatchObject({ balance: 100_000n - 7n * (count + 1n), held: 0n })
    await ledger.close()
  })

  it('send home what they have drawn when they end', async () => {
    await fund('closing', 100_000n)
    const ledger = ledgerOn(await open('closing'))
    const count = await heat('closing', ['closing'], [ledger])
    await ledger.close()
    expect((await row('closing')).free).toBe(100_000n - 7n * count)
  })

  it('lose nothing and do nothing twice when connections are cut', async () => {
    await fund('cut', 100_000n)
    await heatAll('cut')
    const { balance = 0n } = (await store(0).account('cut')) ?? {}
    let isOver = false
    const cutting = (async () => {
      while (!isOver) {
        await admin.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        )
        await new Promise((resolve) => setTimeout(resolve, 30))
      }
    })()
    const ids: string[] = []
    const request = async (at: number): Promise<void> => {
      const id = `cut at ${at}`
      const holds = [{ account: 'cut' }, { account: 'key of cut', limit: nano(1_000_000n) }]
      const { is } = await on(at).submit<'reserve'>({ do: 'reserve', id, holds, amount: nano(20n) })
      if (is !== 'reserved') return
      ids.push(id)
      await on(at).submit<'settle'>({ do: 'settle', id, charge: nano(13n), costs: [], source: 'vendor' })
    }
    for (let round = 0; round < 8; round++)
      await Promise.all(Array.from({ length: 30 }, (_, at) => request(round * 30 + at)))
    isOver = true
    await cutting
    const isAtRest = async () => {
      const account = await store(0).account('cut')
      return account?.held === 0n && account.balance === balance - 13n * BigInt(ids.length)
    }
    await expect.poll(isAtRest, { timeout: 10_000 }).toBe(true)
    expect(ids.length).toBeGreaterThan(0)
  }, 60_000)

  it('lose nothing, and send everything home once, when they are killed at any moment', async () => {
    await fund('killed', 1_000_000n)
    const { charged, cycles } = await killOnDatabase(database.url, { account: 'killed', cycles: 6 })
    expect(cycles).toBe(6)
    expect(charged).toBeGreaterThan(0n)
    const { rows } = await admin.query("SELECT 1 FROM ledger_transfers WHERE kind = 'lease' AND debit = 'killed'")
    expect(rows.length).toBeGreaterThan(0)
    await admin.query('UPDATE ledger_nodes SET beat_at = beat_at - 31000')
    const sweeper = startSweeper({ ledger: on(0), store: store(0), clock: fast, steadyMs: 0, onTrouble: () => {} })
    const isAtRest = async () =>
      (await store(0).account('killed'))?.held === 0n && (await freeOnShares('killed')) === 0n
    await expect.poll(isAtRest, { timeout: 15_000 }).toBe(true)
    await sweeper.close()
    const { balance = 0n } = (await store(0).account('killed')) ?? {}
    expect((await row('killed')).free).toBe(balance)
    // What was acknowledged is charged; of what was not, what had come as far as a checkpoint, which is none.
    expect(1_000_000n - balance).toBeGreaterThanOrEqual(charged)
  }, 60_000)

  it('prove the same book', async () => {
    expect(await auditAll(store(1))).toEqual([])
  })
})
