import { join } from 'node:path'
import { realClock } from '../../../src/ledger/clock.ts'
import { openFileSpool } from '../../../src/ledger/file-spool.ts'
import { openLedger } from '../../../src/ledger/ledger.ts'
import { openSqliteLedger } from '../../../src/ledger/sqlite/store.ts'
import { startSweeper } from '../../../src/ledger/sweeper.ts'
import { nano } from '../../../src/model/money.ts'

/** Requests on the real ledger, as fast as it goes, until somebody kills it. Says what was acknowledged, a line each. */
const directory = process.argv[2] ?? ''
const life = process.argv[3] ?? ''
const store = await openSqliteLedger(join(directory, 'ledger.db'))
const onTrouble = (trouble: unknown): void => console.error(trouble)
const spool = await openFileSpool(join(directory, 'spool'))
const ledger = openLedger({ store, spool, clock: realClock, onTrouble })
startSweeper({ ledger, store, clock: realClock, steadyMs: 0, onTrouble })
await ledger.submit<'open'>({ do: 'open', account: 'user', floor: nano(0n) })
say('up')
for (let at = 0; at < 32; at++) void lead(at)

async function lead(lane: number): Promise<void> {
  for (let at = 0; ; at++) {
    const id = `${life} ${lane} ${at}`
    const amount = nano(BigInt(100 + (at % 50)))
    const credit = { do: 'credit', id, account: 'user', amount, reason: 'paid', actor: 'test' } as const
    if ((await ledger.submit<'credit'>(credit)).is === 'done') say(`credit ${id} ${amount}`)
    const holds = [{ account: 'user' }, { account: `key ${lane % 4}`, limit: nano(10n ** 12n) }]
    const reserved = await ledger.submit<'reserve'>({ do: 'reserve', id, holds, amount })
    if (reserved.is !== 'reserved') continue
    say(`reserve ${id} ${amount}`)
    const used = nano(amount / 2n)
    const checkpoint = at % 3 === 0 && (await ledger.submit<'checkpoint'>({ do: 'checkpoint', id, used }))
    if (checkpoint && checkpoint.is === 'checkpointed') say(`checkpoint ${id} ${used}`)
    const costs = [{ vendor: 'acme', amount: used }]
    const settled = await ledger.submit<'settle'>({ do: 'settle', id, charge: amount, costs, source: 'vendor' })
    if (settled.is === 'settled') say(`settle ${id} ${amount}`)
  }
}

/** One write a line, so that a line is said whole or not at all. */
function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
