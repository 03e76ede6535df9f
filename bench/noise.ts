import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { cpuUs } from './process-cost.ts'

/**
 * Starts watching; the answer tells which share of all cores other processes took since, from 0 to 1. Ticks of the
 * system are 10 ms; interrupts belong to nobody and are left out.
 */
export function watchOthers(): () => number {
  const startedAtMs = performance.now()
  const [busy, own] = [busyUs(), cpuUs(process.pid)]
  return () => {
    const others = busyUs() - busy - (cpuUs(process.pid) - own)
    return Math.max(0, others / 1000 / (performance.now() - startedAtMs) / availableParallelism())
  }
}

const tickUs = 10_000

function busyUs(): number {
  const [user = 0, nice = 0, system = 0] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system) * tickUs
}
