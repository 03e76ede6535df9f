import { Agent } from 'undici'
import { ask } from './ask.ts'
import type { Measured, RateLoad } from './job.ts'
import { percentiles } from './percentiles.ts'

/** At first connections are opened; how long that takes says nothing about the load that follows. */
const uncountedSeconds = 0.5

/**
 * No request waits for another, so that a slow moment is seen by all that fall into it.
 * @throws Error at the first wrong answer.
 */
export async function fixedRate({ exchange, origin, perSecond, requests }: RateLoad): Promise<Measured> {
  const agent = new Agent({ connections: null, pipelining: 1, headersTimeout: 30_000, bodyTimeout: 30_000 })
  const uncounted = Math.ceil(perSecond * uncountedSeconds)
  const firstBytesMs: number[] = []
  const startedAtMs = performance.now()
  let timer: NodeJS.Timeout | undefined
  let asked = 0
  try {
    await new Promise<void>((resolve, reject) => {
      const answered = (error: Error | undefined, firstByteMs: number): void => {
        if (error) reject(error)
        firstBytesMs.push(firstByteMs)
        if (firstBytesMs.length === requests) resolve()
      }
      const passed = (error: Error | undefined): void => {
        if (error) reject(error)
      }
      timer = setInterval(() => {
        const due = Math.min(uncounted + requests, ((performance.now() - startedAtMs) / 1000) * perSecond)
        for (; asked < due; asked++) ask(agent, origin, exchange, asked < uncounted ? passed : answered)
      }, 1)
    })
    return { seconds: (performance.now() - startedAtMs) / 1000, firstByteMs: percentiles(firstBytesMs) }
  } finally {
    clearInterval(timer)
    await agent.destroy()
  }
}
