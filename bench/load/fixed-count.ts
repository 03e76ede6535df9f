import { Agent } from 'undici'
import { ask } from './ask.ts'
import type { CountLoad, Measured } from './job.ts'
import { percentiles } from './percentiles.ts'

/** @throws Error at the first wrong answer: a figure over failures would mean nothing. */
export async function fixedCount({ connections, exchange, origin, requests }: CountLoad): Promise<Measured> {
  const agent = new Agent({ connections, pipelining: 1, headersTimeout: 30_000, bodyTimeout: 30_000 })
  const firstBytesMs: number[] = []
  const startedAtMs = performance.now()
  let left = requests
  try {
    await new Promise<void>((resolve, reject) => {
      const next = (): void => {
        if (left-- > 0) ask(agent, origin, exchange, answered)
      }
      const answered = (error: Error | undefined, firstByteMs: number): void => {
        if (error) reject(error)
        firstBytesMs.push(firstByteMs)
        if (firstBytesMs.length === requests) resolve()
        else if (!error) next()
      }
      for (let connection = 0; connection < connections; connection++) next()
    })
    return { seconds: (performance.now() - startedAtMs) / 1000, firstByteMs: percentiles(firstBytesMs) }
  } finally {
    await agent.destroy()
  }
}
