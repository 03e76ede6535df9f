const LF = 10
const CR = 13

/** Finds line ends (CR or LF) from left to right. Each kind is searched once, so a text without CRs is not searched for them again at every line. */
export class LineEnds {
  readonly #bytes: Buffer
  #lf = -1
  #cr = -1

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Index of the first CR or LF at or after `position`, which must not go back; the length when there is none. */
  next(position: number): number {
    if (this.#lf < position) this.#lf = this.#find(LF, position)
    if (this.#cr < position) this.#cr = this.#find(CR, position)
    return this.#lf < this.#cr ? this.#lf : this.#cr
  }

  #find(byte: number, position: number): number {
    // A blank line is the commonest case and needs no native call.
    if (this.#bytes[position] === byte) return position
    const found = this.#bytes.indexOf(byte, position)
    return found === -1 ? this.#bytes.length : found
  }
}
