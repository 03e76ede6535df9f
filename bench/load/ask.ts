import type { Dispatcher } from 'undici'
import type { Exchange } from '../exchanges.ts'

/** Called once; an error when the answer was not the right one. `firstByteMs` is measured from the asking. */
export type Answered = (error: Error | undefined, firstByteMs: number) => void

/** Sends one request and reads its answer to the end. */
export function ask(dispatcher: Dispatcher, origin: string, exchange: Exchange, answered: Answered): void {
  const { body, headers, path } = exchange
  dispatcher.dispatch({ origin, path, method: 'POST', headers, body }, new Reader(exchange.ends, answered))
}

class Reader implements Dispatcher.DispatchHandler {
  readonly #ends: string
  readonly #answered: Answered
  readonly #askedAtMs = performance.now()
  #firstByteMs = Number.NaN
  #status = 0
  #before: Buffer = Buffer.alloc(0)
  #last: Buffer = Buffer.alloc(0)

  constructor(ends: string, answered: Answered) {
    this.#ends = ends
    this.#answered = answered
  }

  onRequestStart(): void {}

  onResponseStart(_: unknown, status: number): void {
    this.#status = status
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (Number.isNaN(this.#firstByteMs)) this.#firstByteMs = performance.now() - this.#askedAtMs
    this.#before = this.#last
    this.#last = chunk
  }

  onResponseEnd(): void {
    this.#answered(this.#isRight() ? undefined : this.#wrong(), this.#firstByteMs)
  }

  onResponseError(_: unknown, error: Error): void {
    this.#answered(error, Number.NaN)
  }

  /** The end may be cut over two chunks. */
  #isRight(): boolean {
    if (this.#status !== 200) return false
    return this.#last.includes(this.#ends) || Buffer.concat([this.#before, this.#last]).includes(this.#ends)
  }

  #wrong(): Error {
    return new Error(`status ${this.#status}, ending with: ${this.#last.toString('utf8').slice(-300)}`)
  }
}
