/** Measures the gateway beside a minimal proxy and nginx; see RESULTS.md. `--quick` for a minute instead of five. */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { costRows, throughputRows } from './cost-rows.ts'
import { measureFirstBytes } from './first-byte.ts'
import { type LoadProcess, startLoad } from './load-process.ts'
import { type Memory, measureMemory } from './memory.ts'
import { nginxVersion } from './nginx.ts'
import { watchOthers } from './noise.ts'
import { firstByteRows, memoryRows } from './other-rows.ts'
import { cellOf, overRounds, runRound, runRounds } from './rounds.ts'
import { sizes } from './sizes.ts'
import { type Row, table } from './table.ts'
import { availableTargets, type Place, startTarget, startUpstream, type Target, type TargetName } from './targets.ts'

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    'first-byte-ms': { type: 'string', default: '0' },
    targets: { type: 'string', default: availableTargets().join(',') },
  },
})
const size = sizes[flags.quick ? 'quick' : 'usual']
const startedAtMs = performance.now()
const tell = (text: string): void =>
  console.error(`${((performance.now() - startedAtMs) / 1000).toFixed(0).padStart(4)} s  ${text}`)

const directory = mkdtempSync(join(tmpdir(), 'causeway-bench-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
const names = availableTargets().filter((name) => flags.targets.split(',').includes(name))
const upstream = await startUpstream(Number(flags['first-byte-ms']))
const place: Place = { upstreamPort: upstream.port, directory }
const load = await startLoad()
const { rows, others } = await costs(load)
const memories = await memory(load)
await load.end()
await upstream.child.end()
console.log(`${machine()}\n\n${table([...rows, ...memoryRows(memories)])}`)
console.log(`\nOther processes took ${(others * 100).toFixed(0)} % of the machine while the CPU times were measured.`)

async function costs(load: LoadProcess): Promise<{ readonly rows: readonly Row[]; readonly others: number }> {
  const targets: Target[] = []
  for (const name of names) targets.push(await startTarget(name, place))
  tell('warming up')
  await runRound(load, targets, size.warmUp)
  const othersSince = watchOthers()
  const rounds = await runRounds(load, targets, size.amounts, (round) => tell(`round ${round + 1}`))
  const others = othersSince()
  const highest = overRounds(rounds, (round) => cellOf(round, 'causeway', 'translated whole')?.requestsPerSecond)
  const perSecond = Math.round((highest ?? 1000) / 2)
  tell(`times to the first byte, ${perSecond} requests a second`)
  const origins = Object.fromEntries(targets.map(({ name, origin }) => [name, origin]))
  const firstByte = await measureFirstBytes(load, {
    origins: { upstream: `http://127.0.0.1:${place.upstreamPort}`, ...origins },
    perSecond,
    ...size.firstByte,
  })
  for (const target of targets) await target.end()
  return { rows: [...costRows(rounds), ...throughputRows(rounds), ...firstByteRows(firstByte)], others }
}

async function memory(load: LoadProcess): Promise<Partial<Record<TargetName, Memory>>> {
  const memories: Partial<Record<TargetName, Memory>> = {}
  for (const name of names) {
    tell(`memory of ${name}`)
    memories[name] = await measureMemory(load, name, place, size.memory)
  }
  return memories
}

function machine(): string {
  const compared = names.includes('nginx') ? `, ${nginxVersion()}` : '; nginx is not installed here'
  return `${availableParallelism()} cores, ${process.platform}, Node ${process.versions.node}${compared}`
}
