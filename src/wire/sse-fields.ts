import { markLength } from './bytes.ts'
import { LineEnds } from './line-ends.ts'

/** What a frame says. */
export interface SseFields {
  readonly event: string | undefined
  /** Its data lines joined by LF, empty when there are none. A JSON object that stands alone, without `data:`, counts as one. */
  readonly data: string
}

/**
 * Reads the lines of one frame; comments, `id`, `retry` and unknown fields are passed over.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export const readSseFields = (raw: Buffer): SseFields => new Fields(raw)

const COLON = 58
const SPACE = 32
const BRACE = 123
const DATA = Buffer.from('data')
const EVENT = Buffer.from('event')

/** The lines are looked through once. Data is decoded when it is asked for: forwarded frames are told by their names alone. */
class Fields implements SseFields {
  readonly event: string | undefined
  readonly #raw: Buffer
  /** Where the value of each data line stands: its start, its end, the next one's start, … */
  readonly #spans: number[] = []
  #data: string | undefined

  constructor(raw: Buffer) {
    this.#raw = raw
    this.event = this.#scan()
  }

  get data(): string {
    this.#data ??= this.#join()
    return this.#data
  }

  /** Notes the data lines; the last event's name. */
  #scan(): string | undefined {
    const raw = this.#raw
    const ends = new LineEnds(raw)
    let event: string | undefined
    let position = markLength(raw)
    while (position < raw.length) {
      const end = ends.next(position)
      if (isField(raw, position, end, DATA)) this.#spans.push(valueStart(raw, position + DATA.length), end)
      else if (isField(raw, position, end, EVENT))
        event = text(raw, valueStart(raw, position + EVENT.length), end) || undefined
      // The LF of a CRLF then looks like an empty line, which says nothing.
      position = end + 1
    }
    return event
  }

  #join(): string {
    if (this.#spans.length === 0) return bareObject(this.#raw)
    const [start = 0, end = 0] = this.#spans
    let data = text(this.#raw, start, end)
    for (let at = 2; at < this.#spans.length; at += 2)
      data += `\n${text(this.#raw, this.#spans[at] ?? 0, this.#spans[at + 1] ?? 0)}`
    return data
  }
}

/** Some vendors break a stream off with an error object that no field holds. */
function bareObject(raw: Buffer): string {
  if (!raw.includes(BRACE)) return ''
  const told = raw.toString('utf8').trim()
  return told.startsWith('{') && told.endsWith('}') ? told : ''
}

function isField(raw: Buffer, start: number, end: number, name: Buffer): boolean {
  const after = start + name.length
  if (after > end || (after < end && raw[after] !== COLON)) return false
  for (let index = 0; index < name.length; index++) if (raw[start + index] !== name[index]) return false
  return true
}

/** One space after the colon is no part of the value. May lie behind the line's end, where the value is empty. */
const valueStart = (raw: Buffer, colon: number): number => (raw[colon + 1] === SPACE ? colon + 2 : colon + 1)

const text = (raw: Buffer, start: number, end: number): string => (start < end ? raw.toString('utf8', start, end) : '')
