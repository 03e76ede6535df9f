import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { auditAll } from '../../src/ledger/auditor.ts'
import { realClock } from '../../src/ledger/clock.ts'
import type { Command } from '../../src/ledger/command.ts'
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts'
import { openPostgresLedger } from '../../src/ledger/postgres/store.ts'
import type { LedgerStore } from '../../src/ledger/store.ts'
import { nano } from '../../src/model/money.ts'
import { type TestDatabase, testDatabase } from '../support/postgres.ts'
import { type Road, roadTo } from '../support/road.ts'
import { noSpool } from './no-spool.ts'

// A database that breaks off after it has written and before it has said so: nobody here knows which.

let database: TestDatabase
let road: Road
let store: LedgerStore
let ledger: Ledger
beforeEach(async () => {
  database = await testDatabase()
  const url = new URL(database.url)
  road = await roadTo(url)
  url.host = `127.0.0.1:${road.port}`
  store = await openPostgresLedger({ url: url.href, node: 'one' })
  ledger = openLedger({ store, spool: noSpool(), clock: realClock, onTrouble: () => {} })
})
afterEach(async () => {
  await road.mend()
  await ledger.close()
  await road.close()
  await database.end()
}, 60_000)

const credit = { do: 'credit', id: 'c', account: 'a', amount: nano(1_000n), reason: '', actor: '' } as const
const reserve = { do: 'reserve', id: 'r', ticket: 0, holds: [{ account: 'a' }], amount: nano(10n) } as const
const settle = { do: 'settle', id: 'r', charge: nano(7n), costs: [], source: 'vendor' } as const
const opened = { do: 'open', account: 'a', floor: nano(0n) } as const
const adjust = { do: 'adjust', id: 'd', accounts: ['a'], amount: nano(-3n), reason: '', actor: '' } as const

interface Case {
  readonly before: readonly Command[]
  readonly command: Command
  readonly answer: object
  /** What another process is told who asks the same. */
  readonly again: object
  readonly account: { readonly balance: bigint; readonly held: bigint }
}

const cases: Readonly<Record<string, Case>> = {
  credit: {
    before: [opened],
    command: credit,
    answer: { is: 'done', repeated: true },
    again: { is: 'done', repeated: true },
    account: { balance: 1_000n, held: 0n },
  },
  adjust: {
    before: [opened, credit],
    command: adjust,
    answer: { is: 'done', repeated: true },
    again: { is: 'done', repeated: true },
    account: { balance: 997n, held: 0n },
  },
  reserve: {
    before: [opened, credit],
    command: reserve,
    // Our own second try is no repetition: whoever asked was told nothing yet.
    answer: { is: 'reserved', repeated: false },
    again: { is: 'reserved', repeated: true },
    account: { balance: 1_000n, held: 10n },
  },
  extend: {
    before: [opened, credit, reserve],
    command: { do: 'extend', id: 'r', amount: nano(15n) },
    answer: { is: 'extended', amount: 15n },
    again: { is: 'extended', amount: 15n },
    account: { balance: 1_000n, held: 15n },
  },
  settle: {
    before: [opened, credit, reserve],
    command: settle,
    answer: { is: 'settled', charged: 7n, repeated: true },
    again: { is: 'settled', charged: 7n, repeated: true },
    account: { balance: 993n, held: 0n },
  },
  'settle otherwise': {
    before: [opened, credit, reserve, { ...settle, charge: nano(5n) }],
    command: settle,
    answer: { is: 'already settled', charged: 5n },
    again: { is: 'already settled', charged: 5n },
    account: { balance: 995n, held: 0n },
  },
  void: {
    before: [opened, credit, reserve],
    command: { do: 'void', id: 'r', reason: 'nothing came' },
    answer: { is: 'voided', repeated: true },
    again: { is: 'voided', repeated: true },
    account: { balance: 1_000n, held: 0n },
  },
}

describe('a database that fails over in a commit', () => {
  it.each(Object.entries(cases))(
    'does a %s once, and says so',
    async (_, { account, again, answer, before, command }) => {
      const ask = (on: Ledger, one: Command): Promise<unknown> => on.submit(one)
      for (const one of before) await ask(ledger, one)
      road.breakAfter('COMMIT')
      const asked = ask(ledger, command)
      // By the time that it breaks off it has written.
      await expect.poll(() => road.broken, { timeout: 10_000 }).toBeGreaterThan(0)
      await road.mend()
      expect(await asked).toMatchObject(answer)
      const other = await openOther()
      expect(await ask(other, command)).toMatchObject(again)
      expect(await store.account('a')).toMatchObject(account)
      expect(await auditAll(store)).toEqual([])
      await other.close()
    },
  )
})

/** Another process, whose way to the database is whole. */
const openOther = async (): Promise<Ledger> => {
  const there = await openPostgresLedger({ url: database.url, node: 'two' })
  return openLedger({ store: there, spool: noSpool(), clock: realClock, onTrouble: () => {} })
}

describe('connections that a firewall has forgotten', () => {
  it('are left, all of them, when one of them has been silent', async () => {
    const many = () => Promise.all(Array.from({ length: 4 }, () => store.account('a')))
    await many()
    road.freeze()
    await expect(store.account('a')).rejects.toThrow('the database does not answer')
    road.forget()
    const startedAt = performance.now()
    for (let at = 0; at < 4; at++) await many()
    // One that is silent is waited for six seconds.
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  }, 60_000)
})
