/** A stream under way that must be looked after while its upstream is silent. */
export interface LiveStream {
  /** When something last went to the client, by the clock of `live`. */
  readonly lastWriteMs: number
  /** Called when nothing was written for `quietMs`. */
  onQuiet(): void
}

export interface Live {
  add(stream: LiveStream): void
  remove(stream: LiveStream): void
  readonly size: number
  close(): void
}

const lookEveryMs = 2_500

/** Streams that have been quiet for this long get a sign of life; idle connections die in proxies after 60 s and less. */
export const quietMs = 10_000

/** All live streams under one timer: a timer for each would be set and cleared with every chunk. */
export function live(clock: () => number): Live {
  const streams = new Set<LiveStream>()
  const timer = setInterval(() => {
    const quietSinceMs = clock() - quietMs
    for (const stream of streams) if (stream.lastWriteMs <= quietSinceMs) stream.onQuiet()
  }, lookEveryMs)
  timer.unref()
  return {
    add: (stream) => void streams.add(stream),
    remove: (stream) => void streams.delete(stream),
    get size() {
      return streams.size
    },
    close: () => clearInterval(timer),
  }
}
