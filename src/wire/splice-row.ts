/** Bytes to put in place of a span. Patches are kept in the order of the document and never overlap. */
export interface Patch {
  start: number
  end: number
  bytes: Uint8Array
}

/** The document with its patches applied, built in one copy. */
export function applyPatches(source: Buffer, patches: readonly Patch[]): Buffer {
  const pieces: Uint8Array[] = []
  let position = 0
  for (const patch of patches) {
    pieces.push(source.subarray(position, patch.start), patch.bytes)
    position = patch.end
  }
  pieces.push(source.subarray(position))
  return Buffer.concat(pieces)
}

/**
 * The commas of one object or array while some of its members leave and others join.
 * A removed member takes the comma after it, or the one before it when nothing stays behind it.
 */
export class SpliceRow {
  readonly #open: number
  readonly #patches: Patch[]
  /** Where the members that are being removed begin. */
  #removedStart: number | undefined
  #keptEnd: number | undefined
  #lastEnd: number | undefined

  constructor(open: number, patches: Patch[]) {
    this.#open = open
    this.#patches = patches
  }

  remove(start: number, end: number): void {
    this.#removedStart ??= start
    this.#lastEnd = end
  }

  enter(start: number): void {
    if (this.#removedStart === undefined) return
    this.#patches.push({ start: this.#removedStart, end: start, bytes: NOTHING })
    this.#removedStart = undefined
  }

  leave(end: number): void {
    this.#keptEnd = end
    this.#lastEnd = end
  }

  close(added: readonly Uint8Array[]): void {
    if (added.length === 0 && this.#removedStart === undefined) return
    const pieces = added.flatMap((member, index) =>
      index > 0 || this.#keptEnd !== undefined ? [COMMA, member] : [member],
    )
    const end = this.#lastEnd ?? this.#open + 1
    const start = this.#removedStart === undefined ? end : (this.#keptEnd ?? this.#removedStart)
    this.#patches.push({ start, end, bytes: Buffer.concat(pieces) })
  }
}

const NOTHING = Buffer.alloc(0)
const COMMA = Buffer.from(',')
