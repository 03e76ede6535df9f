import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { auditAll } from '../../src/ledger/auditor.ts'
import { realClock } from '../../src/ledger/clock.ts'
import type { Command } from '../../src/ledger/command.ts'
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts'
import { openPostgresLedger } from '../../src/ledger/postgres/store.ts'
import { openSqliteLedger } from '../../src/ledger/sqlite/store.ts'
import type { LedgerStore } from '../../src/ledger/store.ts'
import { startSweeper } from '../../src/ledger/sweeper.ts'
import { nano } from '../../src/model/money.ts'
import { type TestDatabase, testDatabase } from '../support/postgres.ts'
import { noSpool } from './no-spool.ts'

interface Engine {
  begin(): Promise<void>
  end(): Promise<void>
  /** A process more on the same database, or the next one after `store` was closed. */
  open(node: string): Promise<LedgerStore>
}

let directory: string
let files = 0
const sqlite: Engine = {
  async begin() {
    directory = mkdtempSync(join(tmpdir(), 'causeway-ledger-'))
  },
  end: async () => rmSync(directory, { recursive: true, force: true }),
  open: () => openSqliteLedger(join(directory, `ledger-${files}.db`)),
}

let database: TestDatabase | undefined
const postgres: Engine = {
  async begin() {
    database = await testDatabase()
  },
  end: async () => database?.end(),
  open: (node) => openPostgresLedger({ url: database?.url ?? '', node }),
}

const engines = { sqlite, postgres } as const satisfies Record<string, Engine>

describe.each(Object.entries(engines))('the ledger in %s', (_, engine) => {
  beforeAll(() => engine.begin(), 60_000)
  afterAll(() => engine.end(), 60_000)

  let store: LedgerStore
  let user: string
  beforeEach(async () => {
    files++
    user = `user-${files}`
    store = await engine.open('one')
  })
  afterEach(() => store.close())

  const run = async (...commands: Command[]) => {
    const committed = await store.commit(commands)
    if (!committed.ok) throw new Error('not committed', { cause: committed.cause })
    return committed.answers
  }
  const funded = (amount: bigint): Command[] => [
    { do: 'open', account: user, floor: nano(0n) },
    { do: 'credit', id: `first ${user}`, account: user, amount: nano(amount), reason: 'paid', actor: 'test' },
  ]
  const reserve = (id: string, amount: bigint, ticket = 1): Command => ({
    do: 'reserve',
    id: `${user} ${id}`,
    holds: [{ account: user }, { account: `key of ${user}`, limit: nano(1_000n) }],
    amount: nano(amount),
    price: 'v7',
    ticket,
  })
  const settle = (id: string, charge: bigint): Command => ({
    do: 'settle',
    id: `${user} ${id}`,
    charge: nano(charge),
    costs: [{ vendor: 'acme', amount: nano(charge / 2n) }],
    source: 'vendor',
  })

  it('keeps what it was told, to the last nano-dollar', async () => {
    const large = 2n ** 62n - 2n ** 55n - 1n
    await run(...funded(large))
    expect(await store.account(user)).toMatchObject({ kind: 'user', balance: large, held: 0n, floor: 0n })
    expect(await store.account('nobody')).toBeUndefined()
  })

  it('reserves, extends, checkpoints and settles, in batches and in one', async () => {
    await run(...funded(900n))
    expect(await run(reserve('a', 300n))).toEqual([{ is: 'reserved', amount: 300n, repeated: false }])
    expect(await store.account(user)).toMatchObject({ balance: 900n, held: 300n })
    expect(
      await run(
        { do: 'extend', id: `${user} a`, amount: nano(500n) },
        { do: 'checkpoint', id: `${user} a`, used: nano(100n) },
        reserve('b', 401n),
        reserve('c', 400n),
        settle('c', 50n),
      ),
    ).toMatchObject([
      { is: 'extended', amount: 500n },
      { is: 'checkpointed', used: 100n },
      { is: 'insufficient', account: user, available: 400n },
      { is: 'reserved' },
      { is: 'settled', charged: 50n, excess: 0n },
    ])
    expect(await store.reservation(`${user} a`)).toMatchObject({
      state: 'open',
      accounts: [user, `key of ${user}`],
      asked: 300n,
      amount: 500n,
      checkpoint: 100n,
      price: 'v7',
      node: store.node,
      epoch: store.epoch,
    })
    expect(await run(settle('a', 321n))).toEqual([{ is: 'settled', charged: 321n, excess: 0n, repeated: false }])
    expect(await store.account(user)).toMatchObject({ balance: 529n, held: 0n })
    expect(await store.account(`key of ${user}`)).toMatchObject({ kind: 'budget', balance: -371n, floor: -1_000n })
    expect(await store.transfersOf(`${user} a`)).toMatchObject([
      { kind: 'charge', debit: user, amount: 321n, reason: 'vendor', price: 'v7' },
      { kind: 'budget', debit: `key of ${user}`, amount: 321n },
      { kind: 'cost', amount: 160n },
    ])
  })

  it('does once what it is asked twice, now or after a restart', async () => {
    const credit = { do: 'credit', id: `c ${user}`, account: user, amount: nano(5n), reason: '', actor: '' } as const
    const adjust = {
      do: 'adjust',
      id: `a ${user}`,
      accounts: [user],
      amount: nano(-3n),
      reason: '',
      actor: '',
    } as const
    const all = [...funded(100n), credit, adjust, reserve('a', 50n), settle('a', 20n)]
    await run(...all)
    await store.close()
    store = await engine.open('one')
    expect(await run(...all)).toMatchObject([
      { is: 'opened' },
      { is: 'done', repeated: true },
      { is: 'done', repeated: true },
      { is: 'done', repeated: true },
      { is: 'already settled', charged: 20n },
      { is: 'settled', charged: 20n, repeated: true },
    ])
    expect(await run({ ...credit, amount: nano(6n) }, { ...adjust, amount: nano(3n) }, settle('a', 21n))).toMatchObject(
      [{ is: 'conflict' }, { is: 'conflict' }, { is: 'already settled', charged: 20n }],
    )
    expect(await store.account(user)).toMatchObject({ balance: 82n, held: 0n })
  })

  it('admits exactly ten of two hundred that have money for ten', async () => {
    await run(...funded(109n))
    const ledger = ledgerOn(store)
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        ledger.submit<'reserve'>({ do: 'reserve', id: `${user} ${at}`, holds: [{ account: user }], amount: nano(10n) }),
      ),
    )
    expect(answers.filter(({ is }) => is === 'reserved')).toHaveLength(10)
    expect(answers.filter(({ is }) => is === 'insufficient')).toHaveLength(190)
    expect(await store.account(user)).toMatchObject({ balance: 109n, held: 100n })
  })

  it('ends what a dead process left: at its checkpoint, or void', async () => {
    await run(...funded(500n), reserve('used', 100n), reserve('unused', 100n))
    await run({ do: 'checkpoint', id: `${user} used`, used: nano(30n) })
    await store.close()
    store = await engine.open('one')
    const ledger = ledgerOn(store)
    const sweeper = startSweeper({ ledger, store, clock: realClock, steadyMs: 0, onTrouble: fail })
    await sweeper.close()
    expect(await store.reservation(`${user} used`)).toMatchObject({ state: 'settled', charged: 30n, source: 'sweep' })
    expect(await store.reservation(`${user} unused`)).toMatchObject({ state: 'voided', source: 'sweep' })
    expect(await store.account(user)).toMatchObject({ balance: 470n, held: 0n })
    expect(sweeper.swept()).toBeGreaterThanOrEqual(2)
    // It was only asleep. What was written stays, and the rest is written beside it.
    const late = { do: 'settle', id: `${user} used`, charge: nano(45n), costs: [], source: 'vendor' } as const
    expect(await ledger.submit<'settle'>(late)).toMatchObject({ is: 'already settled', charged: 30n, source: 'sweep' })
    expect(await store.account(user)).toMatchObject({ balance: 455n, held: 0n })
    expect(await store.transfersOf(`${user} used`)).toMatchObject([
      { kind: 'charge', amount: 30n, reason: 'sweep' },
      { kind: 'budget', amount: 30n },
      { kind: 'adjust', debit: user, amount: 15n, actor: 'ledger' },
      { kind: 'adjust', debit: `key of ${user}`, amount: 15n },
    ])
  })

  it('proves its balances, from the mark and from the start', async () => {
    await run(...funded(10_000n))
    for (let at = 0; at < 20; at++) await run(reserve(`r${at}`, 100n), reserve(`s${at}`, 10n), settle(`r${at}`, 40n))
    expect(await auditAll(store)).toEqual([])
    await run(settle('s3', 9n))
    expect(await store.audit('next')).toEqual({ ok: true, differences: [], isCaughtUp: true })
    expect(await store.audit('next')).toEqual({ ok: true, differences: [], isCaughtUp: true })
  })

  it('writes nothing of a batch that it cannot write whole', async () => {
    await run(...funded(100n))
    const before = await store.account(user)
    await expect(store.commit([reserve('b', 5n), reserve('c', 5n, Number.NaN)])).rejects.toThrow()
    expect(await store.account(user)).toEqual(before)
    expect(await run(reserve('b', 5n))).toEqual([{ is: 'reserved', amount: 5n, repeated: false }])
  })

  it('suffers no other command for one that cannot be written', async () => {
    await run(...funded(100n))
    const ledger = ledgerOn(store)
    const asked = ['b', 'c', 'd'].map((id) =>
      // A number that got past every check.
      ledger.submit<'checkpoint'>({
        do: 'checkpoint',
        id: id === 'c' ? (undefined as unknown as string) : id,
        used: nano(1n),
      }),
    )
    const [b, c, d] = await Promise.allSettled(asked)
    expect([b?.status, c?.status, d?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })
})

const ledgerOn = (store: LedgerStore): Ledger =>
  openLedger({ store, spool: noSpool(), clock: realClock, onTrouble: fail })

function fail(trouble: unknown): never {
  throw new Error('trouble', { cause: trouble })
}
