import { setTimeout as wait } from 'node:timers/promises'
import { completionsRequest, type Exchange, messagesRequest } from './exchanges.ts'
import type { LoadProcess } from './load-process.ts'
import { cpuUs, residentKib } from './process-cost.ts'
import { type Place, startTarget, type Target, type TargetName } from './targets.ts'

/** RAM of one target, in MiB. */
export interface Memory {
  /** By the number of streams that are open, each saying one event a second. */
  readonly resident: readonly { readonly streams: number; readonly mib: number }[]
  /** What each client that stops reading adds, in KiB. */
  readonly stalledClientKib: number
}

interface Plan {
  readonly streams: readonly number[]
  readonly stalledClients: number
  readonly settleSeconds: number
}

/** Asks for translated streams where the target can, since they keep the most. */
export async function measureMemory(load: LoadProcess, name: TargetName, place: Place, plan: Plan): Promise<Memory> {
  return {
    resident: await onFreshTarget(load, name, place, (target) => whileStreaming(load, target, plan)),
    stalledClientKib: await onFreshTarget(load, name, place, (target) => whileStalled(load, target, plan)),
  }
}

async function onFreshTarget<T>(
  load: LoadProcess,
  name: TargetName,
  place: Place,
  use: (target: Target) => Promise<T>,
): Promise<T> {
  const target = await startTarget(name, place)
  try {
    await stir(load, name, target.origin)
    return await use(target)
  } finally {
    await load.keep({ kind: 'release' })
    await target.end()
  }
}

async function whileStreaming(load: LoadProcess, { name, origin, pid }: Target, plan: Plan) {
  const exchange = exchangeFor(name, 'live')
  const resident: { streams: number; mib: number }[] = []
  let open = 0
  for (const streams of plan.streams) {
    await load.keep({ kind: 'hold', origin, exchange, streams: streams - open })
    open = streams
    resident.push({ streams, mib: (await highestKib(pid, plan.settleSeconds)) / 1024 })
  }
  return resident
}

/** The first of them show a runtime how much memory it may take; what the same number again adds is their own. */
async function whileStalled(load: LoadProcess, { name, origin, pid }: Target, plan: Plan): Promise<number> {
  const kib: number[] = []
  for (let batch = 0; batch < 2; batch++) {
    await load.keep({ kind: 'stall', origin, exchange: exchangeFor(name, 'flood'), clients: plan.stalledClients })
    await idle(pid)
    await stir(load, name, origin)
    kib.push(await highestKib(pid, 1))
  }
  const [before = Number.NaN, after = Number.NaN] = kib
  return (after - before) / plan.stalledClients
}

/** Ordinary requests: they show that others are still served, and make a runtime collect what it no longer needs. */
const stir = (load: LoadProcess, name: TargetName, origin: string) =>
  load.measure({ kind: 'count', origin, exchange: exchangeFor(name, 'whole'), connections: 16, requests: 2000 })

const idleTries = 30

/** Waits until the target does next to nothing: no buffer takes more. @throws Error when it works on and on. */
async function idle(pid: number): Promise<void> {
  for (let left = idleTries; left > 0; left--) {
    const before = cpuUs(pid)
    await wait(1000)
    if (cpuUs(pid) - before < 50_000) return
  }
  throw new Error('the target works on although nobody reads')
}

const samplesASecond = 5

/** The most that was seen while waiting. */
async function highestKib(pid: number, seconds: number): Promise<number> {
  let highest = 0
  for (let left = seconds * samplesASecond; left > 0; left--) {
    await wait(1000 / samplesASecond)
    highest = Math.max(highest, residentKib(pid))
  }
  return highest
}

const exchangeFor = (name: TargetName, manner: 'whole' | 'live' | 'flood'): Exchange =>
  name === 'causeway'
    ? messagesRequest({ manner, upstream: 'completions' })
    : completionsRequest({ manner, upstream: 'completions' })
