import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { realClock } from '../src/ledger/clock.ts'
import { openFileSpool } from '../src/ledger/file-spool.ts'
import { type Ledger, openLedger } from '../src/ledger/ledger.ts'
import { openPostgresLedger } from '../src/ledger/postgres/store.ts'
import { openSqliteLedger } from '../src/ledger/sqlite/store.ts'
import type { LedgerStore } from '../src/ledger/store.ts'
import { nano } from '../src/model/money.ts'

/**
 * What a reserve and its settle cost: `node bench/ledger.ts [--pairs 20000] [--flight 64] [--url postgres://…]`.
 * Each request holds on a customer and a key's budget and settles a charge and a vendor's cost, durably.
 */
const { values } = parseArgs({
  options: { pairs: { type: 'string' }, flight: { type: 'string' }, url: { type: 'string' } },
})
const pairs = Number(values.pairs ?? 20_000)
const flight = Number(values.flight ?? 64)

const directory = mkdtempSync(join(tmpdir(), 'causeway-bench-'))
const sizes: number[] = []
const ledger = await open()
try {
  await fund()
  await closedLoop(2_000)
  console.log(`${flight} in flight, ${pairs} pairs:`, await closedLoop(pairs))
  console.log('nothing, 5 s:', await steady(0, 5))
  console.log('2,000 commands a second, 5 s:', await steady(1_000, 5))
} finally {
  await ledger.close()
  rmSync(directory, { recursive: true, force: true })
}

async function open(): Promise<Ledger> {
  const store: LedgerStore = values.url
    ? await openPostgresLedger({ url: values.url, node: 'bench' })
    : await openSqliteLedger(join(directory, 'ledger.db'))
  const counted: LedgerStore = {
    ...store,
    commit(commands) {
      sizes.push(commands.length)
      return store.commit(commands)
    },
  }
  const spool = await openFileSpool(join(directory, 'spool'))
  return openLedger({ store: counted, spool, clock: realClock, onTrouble: console.error })
}

async function fund(): Promise<void> {
  const amount = nano(10n ** 15n)
  for (let at = 0; at < 16; at++) {
    const account = `user-${at}`
    await ledger.submit<'open'>({ do: 'open', account, floor: nano(0n) })
    const credit = {
      do: 'credit',
      id: `${Date.now()} ${at}`,
      account,
      amount,
      reason: 'bench',
      actor: 'bench',
    } as const
    await ledger.submit<'credit'>(credit)
  }
}

async function pair(at: number, waits: number[]): Promise<void> {
  // Like ours: ids that begin alike lie side by side.
  const id = `req_${Date.now().toString(36)}_${at}_${Math.random().toString(36).slice(2)}`
  const holds = [{ account: `user-${at % 16}` }, { account: `key-${at % 64}/2026-11`, limit: nano(10n ** 15n) }]
  const beganMs = performance.now()
  const reserved = await ledger.submit<'reserve'>({ do: 'reserve', id, holds, amount: nano(1_000_000n), price: 'v1' })
  waits.push(performance.now() - beganMs)
  if (reserved.is !== 'reserved') throw new Error(`a reserve was answered with "${reserved.is}"`)
  const costs = [{ vendor: 'acme', amount: nano(500_000n) }]
  const settled = await ledger.submit<'settle'>({ do: 'settle', id, charge: nano(900_000n), costs, source: 'vendor' })
  if (settled.is !== 'settled') throw new Error(`a settle was answered with "${settled.is}"`)
}

/** As fast as it goes. CPU is that of all threads, the main thread's share beside it. */
async function closedLoop(count: number) {
  sizes.length = 0
  const waits: number[] = []
  let next = 0
  const all = process.cpuUsage()
  const main = process.threadCpuUsage()
  const beganMs = performance.now()
  await Promise.all(
    Array.from({ length: flight }, async () => {
      while (next < count) await pair(next++, waits)
    }),
  )
  const seconds = (performance.now() - beganMs) / 1_000
  return {
    'µs CPU a pair': perPair(process.cpuUsage(all), count),
    'of it main thread': perPair(process.threadCpuUsage(main), count),
    'pairs a second': Math.round(count / seconds),
    'commands a commit': meanSize(),
    ...percentiles('reserve ms', waits),
  }
}

/** A rate well below the limit: what the loop feels of it. */
async function steady(pairsPerSecond: number, seconds: number) {
  sizes.length = 0
  const waits: number[] = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const everyMs = 5
  const running: Promise<void>[] = []
  let at = 0
  let ticks = 0
  delay.enable()
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      for (let more = (pairsPerSecond * everyMs) / 1_000; more > 0; more--) running.push(pair(at++, waits))
      if (++ticks < (seconds * 1_000) / everyMs) return
      clearInterval(timer)
      resolve()
    }, everyMs)
  })
  await Promise.all(running)
  delay.disable()
  return {
    'loop delay p50 ms': round(delay.percentile(50) / 1e6),
    'loop delay p99 ms': round(delay.percentile(99) / 1e6),
    ...(waits.length > 0 && { 'commands a commit': meanSize(), ...percentiles('reserve ms', waits) }),
  }
}

function meanSize(): number {
  return round(sizes.reduce((one, other) => one + other, 0) / sizes.length)
}

function perPair({ user, system }: NodeJS.CpuUsage, count: number): number {
  return round((user + system) / count)
}

function percentiles(name: string, samples: readonly number[]): Record<string, number> {
  const sorted = samples.toSorted((one, other) => one - other)
  const at = (part: number): number => round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0)
  return { [`${name} p50`]: at(0.5), [`${name} p99`]: at(0.99) }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
