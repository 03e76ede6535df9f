/**
 * What it costs that a request is paid for: the same gateway with free models, which reserve nothing, and with prices, an
 * account and a key's budget. `node bench/money.ts [--rounds 5] [--requests 6000]`
 */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Child, start } from './child.ts'
import { messagesRequest } from './exchanges.ts'
import { startLoad } from './load-process.ts'
import type { LoopDelay } from './loop-delay.ts'
import { median } from './median.ts'
import { watchOthers } from './noise.ts'
import { freePort, listening } from './port.ts'
import { cpuUs, loopUs } from './process-cost.ts'
import { table } from './table.ts'
import { gatewayConfig, startUpstream } from './targets.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, requests: { type: 'string', default: '6000' } },
})
const rounds = Number(values.rounds)
const requests = Number(values.requests)
const connections = 32
const perSecond = 1_000
const warmUp = 60_000
const exchange = messagesRequest({ manner: 'whole', upstream: 'messages' })

const ways = {
  free: { prices: '[{ model: "*", free: true }]', account: '' },
  paid: {
    prices: '[{ model: "*", input: 3, output: 15, cache_read: 0.3 }]',
    account: ', account: bench, budget: { total: 1000000, monthly: 1000000 }',
  },
} as const
type Way = keyof typeof ways

interface Gateway {
  readonly child: Child
  readonly origin: string
}

interface Cell {
  readonly cpuUs: number
  readonly loopUs: number
  readonly p50: number
  readonly p99: number
  readonly loop: LoopDelay
}

const directory = mkdtempSync(join(tmpdir(), 'causeway-bench-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
const upstream = await startUpstream(0)
const load = await startLoad()
const gateways = { free: await startGateway('free'), paid: await startGateway('paid') }
// What is compiled while it runs is compiled for tens of thousands of requests.
for (const { origin } of Object.values(gateways))
  await load.measure({ kind: 'count', origin, exchange, connections, requests: warmUp })
const cells: Readonly<Record<Way, Cell[]>> = { free: [], paid: [] }
const others = watchOthers()
for (let round = 0; round < rounds; round++)
  for (const way of ['free', 'paid'] as const) cells[way].push(await measure(gateways[way]))
tell(others())
for (const { child } of Object.values(gateways)) await child.end()
await load.end()
await upstream.child.end()

async function startGateway(way: Way): Promise<Gateway> {
  const port = await freePort()
  const place = join(directory, way)
  mkdirSync(place)
  writeFileSync(join(place, 'causeway.yaml'), gatewayConfig(upstream.port, ways[way]))
  const child = await start({
    command: process.execPath,
    words: [
      ...['--import', join(import.meta.dirname, 'loop-delay.ts'), join(import.meta.dirname, '../src/main.ts'), 'serve'],
      ...['--config', join(place, 'causeway.yaml'), '--port', String(port), '--host', '127.0.0.1'],
      ...['--data', join(place, 'data')],
    ],
    environment: { NODE_ENV: 'production', CAUSEWAY_LOG: 'info' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await listening(port)
  return { child, origin: `http://127.0.0.1:${port}` }
}

/** As fast as it goes for the CPU time, then at a fixed rate for the times that requests wait. */
async function measure({ child, origin }: Gateway): Promise<Cell> {
  const before = [cpuUs(child.pid), loopUs(child.pid)] as const
  await load.measure({ kind: 'count', origin, exchange, connections, requests })
  const [spentUs, spentInLoopUs] = [cpuUs(child.pid) - before[0], loopUs(child.pid) - before[1]]
  await loopDelay(child)
  const { firstByteMs } = await load.measure({ kind: 'rate', origin, exchange, perSecond, requests: 3 * perSecond })
  return { cpuUs: spentUs / requests, loopUs: spentInLoopUs / requests, ...firstByteMs, loop: await loopDelay(child) }
}

/** Since it was last asked. */
async function loopDelay({ process: child }: Child): Promise<LoopDelay> {
  const told = once(child, 'message')
  child.send('tell')
  const [delay] = await told
  // Only `loop-delay.ts` speaks on this channel.
  return delay as LoopDelay
}

function tell(othersShare: number): void {
  const of = (way: Way, read: (cell: Cell) => number): number => median(cells[way].map(read)) ?? 0
  const added = (read: (cell: Cell) => number): number =>
    median(cells.paid.map((cell, at) => read(cell) - read(cells.free[at] ?? cell))) ?? 0
  console.log(
    table([
      { figure: 'CPU, forwarded whole, free', value: of('free', (cell) => cell.cpuUs), unit: 'µs a request' },
      { figure: 'CPU, forwarded whole, paid for', value: of('paid', (cell) => cell.cpuUs), unit: 'µs a request' },
      {
        figure: 'CPU added by the money, on the thread that serves requests',
        value: added((cell) => cell.loopUs),
        unit: 'µs a request',
        limit: '≤ 40 µs',
      },
      {
        figure: '– on all threads, the ledger’s own and its disk among them',
        value: added((cell) => cell.cpuUs),
        unit: 'µs a request',
      },
      { figure: 'time to the first byte added by the money, p50', value: added((cell) => cell.p50), unit: 'ms' },
      { figure: 'time to the first byte added by the money, p99', value: added((cell) => cell.p99), unit: 'ms' },
      { figure: 'event loop held up, free, p99', value: of('free', (cell) => cell.loop.p99), unit: 'ms' },
      {
        figure: 'event loop held up, paid for, p99',
        value: of('paid', (cell) => cell.loop.p99),
        unit: 'ms',
        limit: '≤ 5 ms',
      },
    ]),
  )
  console.log(`\nOther processes took ${(othersShare * 100).toFixed(0)} % of the machine while this was measured.`)
}
