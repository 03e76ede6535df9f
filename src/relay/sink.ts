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

export function httpSink(response: ServerResponse): Sink {
  let isGone = false
  response.on('close', () => {
    isGone = !response.writableFinished
  })
  // A write to a connection that has just gone raises an error event; `close` follows and says all there is to say.
  response.on('error', () => {})
  return {
    get isGone() {
      return isGone || response.destroyed
    },
    get hasHead() {
      return response.headersSent
    },
    head: (status, headers) => void response.writeHead(status, headers),
    write: (data) => response.write(data),
    end: (data) => void response.end(data),
    breakOff: () => void response.write('', () => response.destroy()),
    onGone: (listener) =>
      void response.on('close', () => {
        if (!response.writableFinished) listener()
      }),
    onDrain: (listener) => void response.on('drain', listener),
    onFlushed: (listener) => void response.on('finish', listener),
  }
}
