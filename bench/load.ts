/** The client of every target: run as a process of its own and told what to do by messages. */
import { fixedCount } from './load/fixed-count.ts'
import { fixedRate } from './load/fixed-rate.ts'
import { held } from './load/held.ts'
import type { Done, Job, Load } from './load/job.ts'
import { stalled } from './load/stalled.ts'

const releases: (() => Promise<void>)[] = []

async function run(load: Load): Promise<Done> {
  switch (load.kind) {
    case 'count':
      return { kind: 'measured', ...(await fixedCount(load)) }
    case 'rate':
      return { kind: 'measured', ...(await fixedRate(load)) }
    case 'hold':
      releases.push(await held(load))
      return { kind: 'kept' }
    case 'stall':
      releases.push(await stalled(load))
      return { kind: 'kept' }
    case 'release':
      for (const release of releases.splice(0)) await release()
      return { kind: 'kept' }
  }
}

process.on('message', (message) => {
  // Only `LoadProcess` sends messages here.
  const { load, id } = message as Job
  run(load).then(
    (done) => process.send?.({ id, done }),
    (error: unknown) => process.send?.({ id, done: { kind: 'failed', message: String(error) } }),
  )
})
process.on('disconnect', () => process.exit())
