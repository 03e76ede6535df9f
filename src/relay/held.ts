import type { Reception } from './attempt.ts'
import type { LiveStream } from './live.ts'

/**
 * The client's end of a stream. What is written is held until `commit`, so that a failure before the first content can
 * still be told with its own status, or tried elsewhere; afterwards it goes out once a chunk of the upstream.
 */
export interface Held {
  readonly isCommitted: boolean
  write(data: string | Uint8Array): void
  commit(): void
  /** Sends what was written since the last flush; a client that reads slowly pauses the upstream. */
  flush(): void
  /** `isFault`: the answer was cut, and the connection shows it too where the format's clients overlook it. */
  end(isFault: boolean): void
  /** Forgets what was not sent. */
  drop(): void
}

/** @param heartbeat what a quiet stream gets; empty: nothing. */
export function held(reception: Reception, headers: () => Record<string, string>, heartbeat: string): Held {
  const { call, exchange } = reception
  const { live, clock } = exchange.relay
  const { sink } = exchange
  let pending: (string | Uint8Array)[] = []
  let isCommitted = false
  let isPaused = false
  let lastWriteMs = clock()

  function commit(): void {
    if (isCommitted) return
    isCommitted = true
    sink.head(200, headers())
    sink.onDrain(() => {
      if (!isPaused) return
      isPaused = false
      call.resume()
    })
  }
  function flush(): void {
    if (!isCommitted || pending.length === 0) return
    const data = join(pending)
    pending = []
    lastWriteMs = clock()
    if (!sink.write(data) && !isPaused) {
      isPaused = true
      call.pause()
    }
  }
  const stream: LiveStream = {
    get lastWriteMs() {
      return lastWriteMs
    },
    onQuiet() {
      // A client that does not read needs no sign of life.
      if (isPaused || sink.isGone) return
      commit()
      if (pending.length === 0 && heartbeat !== '') pending.push(heartbeat)
      flush()
      lastWriteMs = clock()
    },
  }
  live.add(stream)
  return {
    get isCommitted() {
      return isCommitted
    },
    write(data) {
      if (data.length > 0) pending.push(data)
    },
    commit,
    flush,
    end(isFault) {
      live.remove(stream)
      commit()
      const data = pending.length > 0 ? join(pending) : undefined
      pending = []
      if (isFault && exchange.client.format === 'gemini') {
        // Old Gemini SDKs skip an error frame; a broken connection they do see.
        if (data) sink.write(data)
        sink.breakOff()
      } else sink.end(data)
    },
    drop() {
      live.remove(stream)
      pending = []
    },
  }
}

function join(pieces: readonly (string | Uint8Array)[]): string | Uint8Array {
  const first = pieces[0]
  if (pieces.length === 1 && first !== undefined) return first
  if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('')
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
}
