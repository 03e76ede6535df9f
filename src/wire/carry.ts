const NOTHING = Buffer.alloc(0)
const SMALLEST_BYTES = 256

/**
 * Bytes that wait for the rest of their frame.
 * Storage doubles when it is full, so a frame that comes one byte at a time costs linear time and no list of pieces.
 */
export class Carry {
  #storage: Buffer = NOTHING
  #length = 0

  get length(): number {
    return this.#length
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#storage.length) this.#grow(length)
    this.#storage.set(bytes, this.#length)
    this.#length = length
  }

  /** A view of what is kept, good until the next `append`. */
  peek(): Buffer {
    return this.#storage.subarray(0, this.#length)
  }

  /** Hands the bytes over, storage included: nothing writes to them afterwards. */
  take(): Buffer {
    const taken = this.peek()
    this.#storage = NOTHING
    this.#length = 0
    return taken
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafe(Math.max(SMALLEST_BYTES, length, this.#storage.length * 2))
    this.#storage.copy(larger, 0, 0, this.#length)
    this.#storage = larger
  }
}
