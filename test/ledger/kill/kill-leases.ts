import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface KilledOnDatabase {
  readonly cycles: number
  /** What was acknowledged, in all. */
  readonly charged: bigint
}

/** Lives and deaths of two processes at a time that draw shares of one account, each killed at any moment. */
export async function killOnDatabase(
  url: string,
  { account, cycles }: { readonly account: string; readonly cycles: number },
): Promise<KilledOnDatabase> {
  let charged = 0n
  for (let cycle = 0; cycle < cycles; cycle += 2) {
    const both = [`life ${cycle}`, `life ${cycle + 1}`].map((life) => liveAndDie([url, account, life]))
    for (const own of await Promise.all(both)) charged += own
  }
  return { cycles, charged }
}

async function liveAndDie(words: readonly string[]): Promise<bigint> {
  const child = spawn(process.execPath, [childPath, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  let charged = 0n
  const isAtWork = Promise.withResolvers<void>()
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    charged += BigInt(line)
    isAtWork.resolve()
  })
  const isDead = once(child, 'exit')
  const isRead = once(lines, 'close')
  await Promise.race([isAtWork.promise, isDead])
  setTimeout(() => child.kill('SIGKILL'), Math.random() * 400)
  await isDead
  await isRead
  return charged
}

const childPath = fileURLToPath(new URL('./lease-child.ts', import.meta.url))
