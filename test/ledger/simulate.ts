import { parseArgs } from 'node:util'
import { goodLedger, simulate } from './simulator/simulate.ts'

/** `node test/ledger/simulate.ts --seeds 10000 --from 1`: exit code 1, and the seed, when a law is broken. */
const { values } = parseArgs({ options: { seeds: { type: 'string' }, from: { type: 'string' } } })
const from = Number(values.from ?? 1)
const seeds = Number(values.seeds ?? 10_000)
const counts = new Map<string, number>()
const startedAtMs = performance.now()
for (let seed = from; seed < from + seeds; seed++) {
  const { violation, journal } = await simulate(seed, goodLedger)
  for (const [what, times] of journal.counts) counts.set(what, (counts.get(what) ?? 0) + times)
  if (!violation) continue
  console.error(`seed ${seed}: ${violation.message}`)
  process.exitCode = 1
  break
}
const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1)
console.log(`seeds ${from} to ${from + seeds - 1} in ${seconds} s`, Object.fromEntries([...counts].sort()))
