import { asBuffer } from './bytes.ts'
import { Carry } from './carry.ts'
import { LineEnds } from './line-ends.ts'
import { readSseFields, type SseFields } from './sse-fields.ts'

/** One server-sent event. `raw` is its exact bytes, comments before it and the blank line after it included: all raws joined are the stream. */
export interface SseFrame {
  readonly event: string | undefined
  readonly data: string
  readonly raw: Uint8Array
}

export interface SseReader {
  /**
   * Frames that these bytes complete; every blank line completes one. A block without fields (a comment, a keep-alive)
   * is a frame with no event and empty data, so that a forwarder passes it on at once; other readers skip it.
   * `raw` may view the pushed memory, which must not be written to afterwards.
   * @throws SseLimitError when a frame grows above the limit.
   */
  push(bytes: Uint8Array): SseFrame[]
  /** What is left when the stream ends without a blank line: one frame at most. */
  end(): SseFrame[]
}

/** A frame is larger than the reader accepts. */
export class SseLimitError extends Error {
  override readonly name = 'SseLimitError'
}

/** Reads a stream of server-sent events that is cut anywhere. The frames depend on the bytes alone, never on the cuts. */
export function sseReader(limit: { frameBytes?: number } = {}): SseReader {
  return new Reader(limit.frameBytes ?? 32 * 2 ** 20)
}

/** One frame as text. `event` is a single line; every line of `data` gets a field of its own. */
export function writeSse(frame: { event?: string; data: string }): string {
  const event = frame.event === undefined ? '' : `event: ${frame.event}\n`
  return LINE_END.test(frame.data)
    ? `${event}data: ${frame.data.split(LINE_END).join('\ndata: ')}\n\n`
    : `${event}data: ${frame.data}\n\n`
}

/** A comment as a block of its own: a keep-alive that no reader sees. */
export const sseComment = (text: string): string => `: ${text.split(LINE_END).join('\n: ')}\n\n`

const LINE_END = /\r\n|\r|\n/
const LF = 10
const MARK = [0xef, 0xbb, 0xbf] as const

class Reader implements SseReader {
  readonly #limitBytes: number
  readonly #carry = new Carry()
  #lineIsEmpty = true
  /** The last byte was a CR that ended this kind of line; an LF after it belongs to it. */
  #afterCr: 'no' | 'line' | 'blank' = 'no'
  /** The previous line ended in a CR alone: then a CR is enough to end the frame, and no byte is awaited. */
  #endsInCr = false
  /** How many bytes of a byte order mark were seen; all three once the start is behind us. */
  #mark = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  push(bytes: Uint8Array): SseFrame[] {
    const chunk = asBuffer(bytes)
    const frames: SseFrame[] = []
    const ends = new LineEnds(chunk)
    let start = 0
    let position = this.#skipMark(chunk)
    while (position < chunk.length) {
      const after = this.#afterCr === 'no' ? ends.next(position) + 1 : position + (chunk[position] === LF ? 1 : 0)
      if (after > chunk.length) {
        this.#lineIsEmpty = false
        break
      }
      const isFrame = this.#afterCr === 'no' ? this.#endLine(chunk, position, after) : this.#endCr(after > position)
      position = after
      if (isFrame) {
        frames.push(this.#cut(chunk, start, position))
        start = position
      }
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    return frames
  }

  end(): SseFrame[] {
    return this.#carry.length === 0 ? [] : [new Frame(this.#carry.take())]
  }

  /** A line ends before `after`. True when that completes a frame for certain. */
  #endLine(chunk: Buffer, position: number, after: number): boolean {
    const isBlank = this.#lineIsEmpty && after === position + 1
    this.#lineIsEmpty = true
    if (chunk[after - 1] === LF) {
      this.#endsInCr = false
      return isBlank
    }
    const isFrame = isBlank && this.#endsInCr
    this.#afterCr = isBlank && !isFrame ? 'blank' : 'line'
    return isFrame
  }

  /** The byte after a CR is known. True when the CR (with its LF) was the blank line. */
  #endCr(hasLf: boolean): boolean {
    const isFrame = this.#afterCr === 'blank'
    this.#afterCr = 'no'
    this.#endsInCr = !hasLf
    return isFrame
  }

  /** A byte order mark belongs to the first frame and to no line. */
  #skipMark(chunk: Buffer): number {
    let position = 0
    while (this.#mark < MARK.length && position < chunk.length) {
      if (chunk[position] !== MARK[this.#mark]) {
        this.#lineIsEmpty = this.#mark === 0
        this.#mark = MARK.length
        return position
      }
      this.#mark++
      position++
    }
    return position
  }

  #cut(chunk: Buffer, start: number, end: number): SseFrame {
    // A chunk is often one frame, and making a view is dear.
    const rest = start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end)
    if (this.#carry.length === 0) {
      this.#check(rest.length)
      return new Frame(rest)
    }
    this.#keep(rest)
    return new Frame(this.#carry.take())
  }

  #keep(bytes: Buffer): void {
    this.#check(this.#carry.length + bytes.length)
    this.#carry.append(bytes)
  }

  #check(sizeBytes: number): void {
    if (sizeBytes > this.#limitBytes) throw new SseLimitError(`event larger than ${this.#limitBytes} bytes`)
  }
}

/** Forwarded frames are seldom looked into, so the fields are read on first use. */
class Frame implements SseFrame {
  readonly raw: Buffer
  #fields: SseFields | undefined

  constructor(raw: Buffer) {
    this.raw = raw
  }

  get event(): string | undefined {
    return (this.#fields ??= readSseFields(this.raw)).event
  }

  get data(): string {
    return (this.#fields ??= readSseFields(this.raw)).data
  }
}
