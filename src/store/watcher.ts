import type { Store } from './store.ts'

/** How well it is known that the snapshot is what the store says. */
export type Freshness =
  /** As of a moment ago. */
  | 'fresh'
  /** The store does not answer; what it said last still counts. */
  | 'stale'
  /** It has not answered for so long that keys may have been revoked long since. */
  | 'expired'

/** Looks again and again whether somebody, here or in another process, has changed what snapshots are made of. */
export interface Watcher {
  freshness(): Freshness
  close(): Promise<void>
}

export interface WatcherParts {
  readonly store: Pick<Store, 'version'>
  /** The version that the first snapshot was made of, or an older one. */
  readonly seen: number
  /** Makes the snapshot again. */
  refresh(): Promise<void>
  /** Milliseconds; a corrected clock must not make known keys unknown. */
  readonly stopwatch: () => number
  onTrouble(error: unknown): void
  /** It answers again. */
  onRecovery(): void
}

/** How soon keys made or revoked by another process count here. */
const lookEveryMs = 500
/** A look that takes longer than this says that the store does not answer. */
const staleAfterMs = 2_000
/** How long the last snapshot counts while the store does not answer: known keys go on, and none can be revoked. */
export const expiredAfterMs = 15 * 60_000

/** One look at a time, however slow the store is. */
export function watch({ store, seen, refresh, stopwatch, onTrouble, onRecovery }: WatcherParts): Watcher {
  let version = seen
  let lookedAtMs = stopwatch()
  let isFailing = false
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    const startedAtMs = stopwatch()
    const now = await store.version()
    if (now !== version) await refresh()
    version = now
    lookedAtMs = startedAtMs
  }

  function told(error: unknown): void {
    // Once, not twice a second.
    if (!isFailing) onTrouble(error)
    isFailing = true
  }

  function recovered(): void {
    if (isFailing) onRecovery()
    isFailing = false
  }

  function run(): void {
    running = look()
      .then(recovered, told)
      .then(() => {
        if (isClosed) return
        timer = setTimeout(run, lookEveryMs)
        timer.unref()
      })
  }

  let running = Promise.resolve()
  timer = setTimeout(run, lookEveryMs)
  timer.unref()

  return {
    freshness() {
      const agoMs = stopwatch() - lookedAtMs
      if (agoMs > expiredAfterMs) return 'expired'
      return isFailing || agoMs > staleAfterMs ? 'stale' : 'fresh'
    },
    close() {
      isClosed = true
      clearTimeout(timer)
      return running
    },
  }
}
