/** Loaded before a server (`--import`): tells over IPC how long its event loop was held up since it was last asked, in ms. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface LoopDelay {
  readonly p50: number
  readonly p99: number
}

const resolutionMs = 1
const delay = monitorEventLoopDelay({ resolution: resolutionMs })
delay.enable()

process.on('message', () => {
  // What is measured is the time between two looks.
  const at = (percent: number): number => Math.max(0, delay.percentile(percent) / 1e6 - resolutionMs)
  process.send?.({ p50: at(50), p99: at(99) } satisfies LoopDelay)
  delay.reset()
})
process.channel?.unref()
