import type { Peek } from '../dialects/dialect.ts'
import type { WhenClientLeaves } from '../model/rows.ts'
import { billsOn } from '../providers/cancellation.ts'
import type { Candidate } from './candidate.ts'

/** Answers that are read on for their usage, because their clients left and their vendors bill them all the same. */
export interface Drains {
  /** @param abort called when the answer takes too long or is too large, or the server closes. */
  begin(abort: () => void): Draining
  readonly size: number
  /** Aborts all. */
  close(): void
}

export interface Draining {
  read(bytes: number): void
  /** The answer has ended. */
  end(): void
}

export const longestDrainMs = 30_000
/** Far more than the longest answer has. */
export const largestDrainBytes = 64 * 2 ** 20

export function drains(): Drains {
  const all = new Set<() => void>()
  return {
    begin(abort) {
      const stop = (): void => {
        end()
        abort()
      }
      const timer = setTimeout(stop, longestDrainMs)
      let left = largestDrainBytes
      function end(): void {
        clearTimeout(timer)
        all.delete(stop)
      }
      all.add(stop)
      return {
        read(bytes) {
          left -= bytes
          if (left < 0 && all.has(stop)) stop()
        },
        end,
      }
    },
    get size() {
      return all.size
    },
    close() {
      for (const stop of [...all]) stop()
    },
  }
}

/** What the operator said of the channel, or else how its vendor bills. */
export const whenClientLeaves = (
  { channel, provider }: Candidate,
  { stream }: Pick<Peek, 'stream'>,
): WhenClientLeaves =>
  channel.whenClientLeaves ?? (billsOn(provider, stream === false ? 'whole' : 'stream') ? 'drain' : 'abort')
