import type { ServerResponse } from 'node:http'

/** Where an answer goes: an HTTP response, or one turn of a WebSocket. */
export interface Sink {
  /** The client has left before the answer was complete. */
  readonly isGone: boolean
  readonly hasHead: boolean
  head(status: number, headers: Readonly<Record<string, string>>): void
  /** false: the client reads slower than we write; wait for `onDrain`. */
  write(data: string | Uint8Array): boolean
  end(data?: string | Uint8Array): void
  /** Ends so that the client sees a failure of the connection, after what was written has left. */
  breakOff(): void
  onGone(listener: () => void): void
  onDrain(listener: () => void): void
  /** The last byte has left. */
  onFlushed(listener: () => void): void
}

export const httpSink = (response: ServerResponse): Sink => new HttpSink(response)

// A class and not an object with getters: those get a hidden class of their own for every request.
class HttpSink implements Sink {
  readonly #response: ServerResponse
  #isGone = false
  #onGone: (() => void)[] = []

  constructor(response: ServerResponse) {
    this.#response = response
    response.on('close', () => {
      if (response.writableFinished) return
      this.#isGone = true
      for (const listener of this.#onGone) listener()
    })
    // A write to a connection that has just gone raises an error event; `close` follows and says all there is to say.
    response.on('error', ignore)
  }

  get isGone(): boolean {
    return this.#isGone || this.#response.destroyed
  }

  get hasHead(): boolean {
    return this.#response.headersSent
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.#response.writeHead(status, headers)
  }

  write(data: string | Uint8Array): boolean {
    return this.#response.write(data)
  }

  end(data?: string | Uint8Array): void {
    this.#response.end(data)
  }

  breakOff(): void {
    this.#response.write('', () => this.#response.destroy())
  }

  onGone(listener: () => void): void {
    this.#onGone.push(listener)
  }

  onDrain(listener: () => void): void {
    this.#response.on('drain', listener)
  }

  onFlushed(listener: () => void): void {
    this.#response.on('finish', listener)
  }
}

const ignore = (): void => {}
