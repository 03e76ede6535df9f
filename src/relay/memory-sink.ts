import type { Sink } from './sink.ts'

/** Keeps an answer for our own use. */
export function memorySink(): Sink & { bytes(): Buffer } {
  const chunks: Buffer[] = []
  let hasHead = false
  const add = (data: string | Uint8Array): true => {
    chunks.push(Buffer.from(data))
    return true
  }
  return {
    isGone: false,
    get hasHead() {
      return hasHead
    },
    head: () => {
      hasHead = true
    },
    write: add,
    end: (data) => {
      if (data !== undefined) add(data)
    },
    breakOff() {},
    onGone() {},
    onDrain() {},
    onFlushed: (listener) => listener(),
    bytes: () => Buffer.concat(chunks),
  }
}
