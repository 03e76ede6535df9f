import type { Sink } from './sink.ts'

/** An answer as it went out, whole or broken off; or `lost`: it became too large, or its client never came back. */
export type Recorded =
  | {
      readonly is: 'whole' | 'broken'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly bytes: Buffer
    }
  | { readonly is: 'lost' }

export interface RecordingLimits {
  readonly mostBytes: number
  /** How long an answer whose client has left is waited for. */
  readonly patienceMs: number
}

/**
 * Passes an answer on and keeps it. A client that leaves is not missed: the answer goes on, so that there is one to give
 * when it asks again.
 */
export class RecordingSink implements Sink {
  /** When the answer has ended, one way or another. */
  readonly recorded: Promise<Recorded>
  readonly #client: Sink
  readonly #limits: RecordingLimits
  readonly #resolve: (recorded: Recorded) => void
  #head: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined
  #chunks: Buffer[] = []
  #bytes = 0
  #isLost = false
  #patience: NodeJS.Timeout | undefined
  readonly #onGone: (() => void)[] = []
  readonly #onDrain: (() => void)[] = []

  constructor(client: Sink, limits: RecordingLimits) {
    this.#client = client
    this.#limits = limits
    const { promise, resolve } = Promise.withResolvers<Recorded>()
    this.recorded = promise
    this.#resolve = resolve
    client.onGone(() => this.#left())
    client.onDrain(() => this.#drained())
  }

  /** Only when nobody waits for the answer any more. */
  get isGone(): boolean {
    return this.#isLost && this.#client.isGone
  }

  get hasHead(): boolean {
    return this.#head !== undefined
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.#head = { status, headers }
    if (!this.#client.isGone) this.#client.head(status, headers)
  }

  write(data: string | Uint8Array): boolean {
    this.#keep(data)
    return this.#client.isGone || this.#client.write(data)
  }

  end(data?: string | Uint8Array): void {
    if (data !== undefined) this.#keep(data)
    if (!this.#client.isGone) this.#client.end(data)
    this.#close('whole')
  }

  breakOff(): void {
    if (!this.#client.isGone) this.#client.breakOff()
    this.#close('broken')
  }

  onGone(listener: () => void): void {
    this.#onGone.push(listener)
  }

  onDrain(listener: () => void): void {
    this.#onDrain.push(listener)
  }

  onFlushed(listener: () => void): void {
    this.#client.onFlushed(listener)
  }

  #keep(data: string | Uint8Array): void {
    if (this.#isLost) return
    this.#bytes += Buffer.byteLength(data)
    if (this.#bytes > this.#limits.mostBytes) this.#lose()
    // A copy: what a socket has read may be a small part of a large buffer.
    else this.#chunks.push(Buffer.from(data))
  }

  #close(is: 'whole' | 'broken'): void {
    clearTimeout(this.#patience)
    if (this.#isLost || !this.#head) return
    this.#resolve({ is, ...this.#head, bytes: Buffer.concat(this.#chunks) })
    this.#chunks = []
  }

  /** From here on it is an answer like any other. */
  #lose(): void {
    clearTimeout(this.#patience)
    this.#isLost = true
    this.#chunks = []
    this.#resolve({ is: 'lost' })
    if (this.#client.isGone) for (const listener of this.#onGone) listener()
  }

  #left(): void {
    if (this.#isLost) for (const listener of this.#onGone) listener()
    else {
      this.#patience = setTimeout(() => this.#lose(), this.#limits.patienceMs)
      this.#patience.unref()
      // Whoever waits for it to read on waits in vain.
      this.#drained()
    }
  }

  #drained(): void {
    for (const listener of this.#onDrain) listener()
  }
}
