import { join } from 'node:path'
import { start } from './child.ts'
import type { Done, JobDone, Load, Measured } from './load/job.ts'

/** The one client of all targets, in a process of its own. */
export interface LoadProcess {
  /** @throws Error when an answer was not the right one. */
  measure(load: Extract<Load, { kind: 'count' | 'rate' }>): Promise<Measured>
  /** Answers when the streams are open, or the clients have asked. */
  keep(load: Extract<Load, { kind: 'hold' | 'stall' | 'release' }>): Promise<void>
  end(): Promise<void>
}

export async function startLoad(): Promise<LoadProcess> {
  const { end, process: child } = await start({
    command: process.execPath,
    words: [join(import.meta.dirname, 'load.ts')],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const waiting = new Map<number, (done: Done) => void>()
  let jobs = 0
  child.on('message', (message) => {
    // Only `load.ts` answers on this channel.
    const { done, id } = message as JobDone
    waiting.get(id)?.(done)
    waiting.delete(id)
  })
  child.on('exit', () => {
    for (const tell of waiting.values()) tell({ kind: 'failed', message: 'the load process ended' })
  })
  const send = async (load: Load): Promise<Exclude<Done, { kind: 'failed' }>> => {
    const id = jobs++
    const done = await new Promise<Done>((resolve) => {
      waiting.set(id, resolve)
      child.send({ id, load })
    })
    if (done.kind === 'failed') throw new Error(`${describe(load)}: ${done.message}`)
    return done
  }
  return {
    async measure(load) {
      const done = await send(load)
      if (done.kind !== 'measured') throw new Error('a load that is measured gives a measure')
      return done
    },
    async keep(load) {
      await send(load)
    },
    end,
  }
}

const describe = (load: Load): string =>
  load.kind === 'release' ? load.kind : `${load.kind} ${load.exchange.path} at ${load.origin}`
