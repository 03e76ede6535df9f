import { realClock } from '../../../src/ledger/clock.ts'
import { openLedger } from '../../../src/ledger/ledger.ts'
import { openPostgresLedger } from '../../../src/ledger/postgres/store.ts'
import { nano } from '../../../src/model/money.ts'
import { noSpool } from '../no-spool.ts'

/** Requests on a hot account of a shared database, until somebody kills it. Says what was charged, a line each. */
const [, , url = '', account = '', life = ''] = process.argv
const terms = { hotPerSecond: 0.1, windowMs: 20, part: 1_000n, spendMs: 500, poorBelow: nano(0n) }
const store = await openPostgresLedger({ url, node: life, terms })
const ledger = openLedger({ store, spool: noSpool(), clock: realClock, onTrouble: console.error })
for (let lane = 0; lane < 8; lane++) void lead(lane)

async function lead(lane: number): Promise<void> {
  for (let at = 0; ; at++) {
    const id = `${life} ${lane} ${at}`
    const holds = [{ account }, { account: `key of ${account}`, limit: nano(10n ** 12n) }]
    const reserved = await ledger.submit<'reserve'>({ do: 'reserve', id, holds, amount: nano(10n) })
    if (reserved.is !== 'reserved') continue
    const settled = await ledger.submit<'settle'>({ do: 'settle', id, charge: nano(7n), costs: [], source: 'vendor' })
    if (settled.is === 'settled') process.stdout.write(`${settled.charged}\n`)
  }
}
