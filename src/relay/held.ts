import type { Reception } from './attempt.ts'
import type { LiveStream } from './live.ts'

/**
 * The client's end of a stream. What is written is held until `commit`, so that a failure before the first content can
 * still be told with its own status, or tried elsewhere; afterwards it goes out once a chunk of the upstream.
 */
export interface Held {
  readonly isCommitted: boolean
  /** Milliseconds from the request to its first content, once that is there. */
  readonly firstMs: number | undefined
  write(data: string | Uint8Array): void
  commit(): void
  /** Sends what was written since the last flush; a client that reads slowly pauses the upstream. */
  flush(): void
  /** @param fault what is told of an answer that was cut; where the format's clients overlook it, the connection shows it too. */
  end(fault?: string): void
  /** Forgets what was not sent. */
  drop(): void
}

/** @param heartbeat what a quiet stream gets; empty: nothing. */
export const held = (reception: Reception, headers: () => Record<string, string>, heartbeat: string): Held =>
  new HeldStream(reception, headers, heartbeat)

class HeldStream implements Held, LiveStream {
  isCommitted = false
  firstMs: number | undefined
  lastWriteMs: number
  readonly #reception: Reception
  readonly #headers: () => Record<string, string>
  readonly #heartbeat: string
  #pending: (string | Uint8Array)[] = []
  #isPaused = false

  constructor(reception: Reception, headers: () => Record<string, string>, heartbeat: string) {
    this.#reception = reception
    this.#headers = headers
    this.#heartbeat = heartbeat
    const { clock, live } = reception.exchange.relay
    this.lastWriteMs = clock()
    live.add(this)
  }

  write(data: string | Uint8Array): void {
    if (data.length > 0) this.#pending.push(data)
  }

  commit(): void {
    if (this.isCommitted) return
    this.isCommitted = true
    const { candidate, exchange, startedAtMs } = this.#reception
    const { relay, sink } = exchange
    this.firstMs = relay.clock() - exchange.startedAtMs
    if (startedAtMs !== undefined) relay.speed.measured(candidate, 'stream', relay.clock() - startedAtMs)
    sink.head(200, this.#headers())
    sink.onDrain(() => {
      if (!this.#isPaused) return
      this.#isPaused = false
      this.#reception.call.resume()
    })
  }

  flush(): void {
    if (!this.isCommitted || this.#pending.length === 0) return
    const { relay, sink } = this.#reception.exchange
    const data = join(this.#pending)
    this.#pending = []
    this.lastWriteMs = relay.clock()
    if (sink.write(data) || this.#isPaused) return
    this.#isPaused = true
    this.#reception.call.pause()
  }

  onQuiet(): void {
    const { relay, sink } = this.#reception.exchange
    // A client that does not read needs no sign of life.
    if (this.#isPaused || sink.isGone) return
    this.commit()
    if (this.#pending.length === 0) this.write(this.#heartbeat)
    this.flush()
    this.lastWriteMs = relay.clock()
  }

  end(fault?: string): void {
    const { client, incoming, relay, sink } = this.#reception.exchange
    relay.live.remove(this)
    this.commit()
    const last = fault === undefined ? undefined : client.lastWords?.(fault, incoming.headers)
    const isAlone = last?.connection === 'ends'
    if (!isAlone) this.write(last?.text ?? fault ?? '')
    const data = this.#pending.length > 0 ? join(this.#pending) : undefined
    this.#pending = []
    if (last && data) sink.write(data)
    if (!last) sink.end(data)
    else if (isAlone) setTimeout(() => sink.end(last.text), aloneAfterMs)
    else sink.breakOff()
  }

  drop(): void {
    this.#reception.exchange.relay.live.remove(this)
    this.#pending = []
  }
}

/** Proxies join what comes at once. */
const aloneAfterMs = 100

function join(pieces: readonly (string | Uint8Array)[]): string | Uint8Array {
  const first = pieces[0]
  if (pieces.length === 1 && first !== undefined) return first
  if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('')
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
}
