import type { Call } from './upstream.ts'

/** The call that is under way for an answer. Turns that a vendor pauses take several, one after the other. */
export class Line implements Call {
  #call: Call

  constructor(call: Call) {
    this.#call = call
  }

  switchTo(call: Call): void {
    this.#call = call
  }

  pause(): void {
    this.#call.pause()
  }

  resume(): void {
    this.#call.resume()
  }

  abort(): void {
    this.#call.abort()
  }
}
