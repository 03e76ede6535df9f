import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Child {
  readonly process: ChildProcess
  readonly pid: number
  end(): Promise<void>
}

interface Start {
  readonly command: string
  readonly words: readonly string[]
  readonly environment?: NodeJS.ProcessEnv
  readonly stdio?: StdioOptions
  /** nginx ends its workers on SIGTERM and leaves them on SIGKILL; the others need not be asked. */
  readonly signal?: 'SIGTERM' | 'SIGKILL'
}

const running = new Map<ChildProcess, NodeJS.Signals>()

/** Starts a process that ends with this one. Its output goes nowhere; its errors are shown. */
export async function start({ command, words, environment, stdio, signal = 'SIGKILL' }: Start): Promise<Child> {
  const child = spawn(command, words, {
    stdio: stdio ?? ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...environment },
  })
  await once(child, 'spawn')
  running.set(child, signal)
  const ended = once(child, 'exit').then(() => void running.delete(child))
  return {
    process: child,
    // It has spawned.
    pid: child.pid as number,
    end() {
      child.kill(signal)
      return ended
    },
  }
}

const endAll = (): void => {
  for (const [child, signal] of running) child.kill(signal)
}
process.on('exit', endAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1))
