import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditAll } from '../../src/ledger/auditor.ts'
import { openSqliteLedger } from '../../src/ledger/sqlite/store.ts'
import { nano } from '../../src/model/money.ts'
import { killAgainAndAgain } from './kill/kill.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-ledger-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('a ledger in a file', () => {
  it("is one process's alone", async () => {
    const path = join(directory, 'alone.db')
    const store = await openSqliteLedger(path)
    await expect(openSqliteLedger(path)).rejects.toThrow('another process has it')
    await store.close()
    await (await openSqliteLedger(path)).close()
  })

  it('is refused when it is something else', async () => {
    const path = join(directory, 'master.key')
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE ledger_accounts (id TEXT)')
    other.close()
    await expect(openSqliteLedger(path)).rejects.toThrow('broken, or of a newer version')
    expect(statSync(path).size).toBeGreaterThan(0)
  })

  it('tells of every figure that was changed by hand', async () => {
    const path = join(directory, 'tampered.db')
    const store = await openSqliteLedger(path)
    for (const account of ['a', 'b', 'c'])
      await store.commit([
        { do: 'open', account, floor: nano(0n) },
        { do: 'credit', id: account, account, amount: nano(100n), reason: '', actor: '' },
        { do: 'reserve', id: `of ${account}`, holds: [{ account }], amount: nano(10n), ticket: 1 },
        { do: 'settle', id: `of ${account}`, charge: nano(7n), costs: [], source: 'vendor' },
      ])
    await store.close()
    const hand = new DatabaseSync(path)
    hand.exec(`UPDATE ledger_accounts SET balance = balance + 1 WHERE id = 'a';
      UPDATE ledger_accounts SET held = 3 WHERE id = 'b';
      DELETE FROM ledger_transfers WHERE operation = 'settle/of c'`)
    hand.close()
    const again = await openSqliteLedger(path)
    expect(new Set(await auditAll(again))).toEqual(
      new Set([
        { account: 'a', figure: 'balance', is: 94n, shouldBe: 93n },
        { account: 'b', figure: 'held', is: 3n, shouldBe: 0n },
        { account: 'c', figure: 'balance', is: 93n, shouldBe: 100n },
        { account: 'system/revenue/5', figure: 'balance', is: 21n, shouldBe: 14n },
      ]),
    )
    await again.close()
  })

  it('loses nothing that was acknowledged when it is killed, whenever that is', async () => {
    const place = mkdtempSync(join(directory, 'kill-'))
    const { lost, acknowledged, swept } = await killAgainAndAgain(place, 20)
    expect(lost).toEqual([])
    expect(acknowledged).toBeGreaterThan(100)
    expect(swept).toBeGreaterThan(0)
  }, 120_000)
})
