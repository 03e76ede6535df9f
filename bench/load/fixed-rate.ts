import { Agent } from 'undici'
import { ask } from './ask.ts'
import type { Measured, RateLoad } from './job.ts'
import { percentiles } from './percentiles.ts'

/**
 * No request waits for another, so that a slow moment is seen by all that fall into it.
 * @throws Error at the first wrong answer.
 */
export async function fixedRate({ exchange, origin, perSecond, requests }: RateLoad): Promise<Measured> {
  const agent = new Agent({ connections: null, pipelining: 1, headersTimeout: 30_000, bodyTimeout: 30_000 })
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
      timer = setInterval(() => {
        const due = Math.min(requests, ((performance.now() - startedAtMs) / 1000) * perSecond)
        for (; asked < due; asked++) ask(agent, origin, exchange, answered)
      }, 1)
    })
    return { seconds: (performance.now() - startedAtMs) / 1000, firstByteMs: percentiles(firstBytesMs) }
  } finally {
    clearInterval(timer)
    await agent.destroy()
  }
}
