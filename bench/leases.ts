/**
 * What shares of a hot account are worth: three processes on one PostgreSQL pay from one account and one budget, without
 * shares and with them. `node bench/leases.ts [--seconds 5] [--flight 16] [--url postgres://…]`
 */
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { realClock } from '../src/ledger/clock.ts'
import { usualTerms } from '../src/ledger/lease/leasing.ts'
import { openLedger } from '../src/ledger/ledger.ts'
import { openPostgresLedger } from '../src/ledger/postgres/store.ts'
import { nano } from '../src/model/money.ts'
import { noSpool } from '../test/ledger/no-spool.ts'
import { run, testDatabase } from '../test/support/postgres.ts'
import { start } from './child.ts'
import { percentiles } from './load/percentiles.ts'
import { table } from './table.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    flight: { type: 'string', default: '16' },
    url: { type: 'string' },
    /** What one of the processes is told. */
    payer: { type: 'string', default: '' },
  },
})
const seconds = Number(values.seconds)
const warmingMs = 2_000
const plenty = nano(10n ** 15n)

if (values.payer) process.send?.(await pay(values.url ?? '', values.payer))
else await compare()

async function compare(): Promise<void> {
  const database = await testDatabase()
  const url = values.url ?? database.url
  // Tests do without.
  if (!values.url) for (const text of ['ALTER SYSTEM SET fsync = on', 'SELECT pg_reload_conf()']) await run(url, text)
  for (const way of ['off', 'on', 'off', 'on']) console.log(`\nShares ${way}:\n${await measure(url, way)}`)
  await database.end()
}

async function measure(url: string, way: string): Promise<string> {
  const account = `${way} ${Date.now()}`
  const store = await openPostgresLedger({ url, node: 'bench' })
  const credit = { do: 'credit', id: account, account, amount: plenty, reason: 'bench', actor: 'bench' } as const
  await store.commit([{ do: 'open', account, floor: nano(0n) }, credit])
  const waits = (await Promise.all(['one', 'two', 'three'].map((node) => startPayer(url, `${node} ${account}`)))).flat()
  const { version = 0 } = (await store.account(account)) ?? {}
  await store.close()
  const { p50, p99 } = percentiles(waits)
  return table([
    { figure: 'requests paid by three processes', value: waits.length / seconds, unit: 'a second' },
    { figure: 'a reserve waits, p50', value: p50, unit: 'ms' },
    { figure: 'a reserve waits, p99', value: p99, unit: 'ms' },
    { figure: 'the account’s own row is written', value: version / (seconds + warmingMs / 1_000), unit: 'a second' },
  ])
}

async function startPayer(url: string, payer: string): Promise<readonly number[]> {
  const words = [import.meta.filename, '--url', url, '--seconds', values.seconds, '--flight', values.flight]
  const child = await start({
    command: process.execPath,
    words: [...words, '--payer', payer],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [waits] = await Promise.race([once(child.process, 'message'), once(child.process, 'exit')])
  await child.end()
  if (!Array.isArray(waits)) throw new Error(`a process ended with ${waits}`)
  // It sends what `pay` gives, and nothing else.
  return waits as number[]
}

/** As fast as it goes. How long each reserve waited, once the account had become hot. */
async function pay(url: string, payer: string): Promise<readonly number[]> {
  const [node = '', way = '', at = ''] = payer.split(' ')
  const terms = way === 'off' ? { ...usualTerms, hotPerSecond: Number.POSITIVE_INFINITY } : usualTerms
  const store = await openPostgresLedger({ url, node, terms })
  const ledger = openLedger({ store, spool: noSpool(), clock: realClock, onTrouble: console.error })
  const fromMs = performance.now() + warmingMs
  const holds = [{ account: `${way} ${at}` }, { account: `key of ${way} ${at}`, limit: plenty }]
  const waits: number[] = []
  const lane = async (_: unknown, lane: number): Promise<void> => {
    for (let next = 0; performance.now() < fromMs + seconds * 1_000; next++) {
      const id = `${payer} ${lane} ${next}`
      const beganMs = performance.now()
      const answer = await ledger.submit<'reserve'>({ do: 'reserve', id, holds, amount: nano(1_000_000n) })
      if (answer.is !== 'reserved') throw new Error(`a reserve was answered with "${answer.is}"`)
      if (beganMs >= fromMs) waits.push(performance.now() - beganMs)
      await ledger.submit<'settle'>({ do: 'settle', id, charge: nano(900_000n), costs: [], source: 'vendor' })
    }
  }
  await Promise.all(Array.from({ length: Number(values.flight) }, lane))
  await ledger.close()
  return waits
}
