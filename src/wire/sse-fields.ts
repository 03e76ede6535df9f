import { markLength } from './bytes.ts'
import { LineEnds } from './line-ends.ts'

/** What a frame says: its event name, and its data lines joined by LF (empty when there are none). */
export interface SseFields {
  event: string | undefined
  data: string
}

const COLON = 58
const SPACE = 32
const DATA = Buffer.from('data')
const EVENT = Buffer.from('event')

/**
 * Reads the lines of one frame; comments, `id`, `retry` and unknown fields are passed over.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function readSseFields(raw: Buffer): SseFields {
  const ends = new LineEnds(raw)
  let event: string | undefined
  let data: string | undefined
  let position = markLength(raw)
  while (position < raw.length) {
    const end = ends.next(position)
    if (isField(raw, position, end, DATA)) {
      const line = fieldValue(raw, position + DATA.length, end)
      data = data === undefined ? line : `${data}\n${line}`
    } else if (isField(raw, position, end, EVENT)) {
      event = fieldValue(raw, position + EVENT.length, end) || undefined
    }
    // The LF of a CRLF then looks like an empty line, which says nothing.
    position = end + 1
  }
  return { event, data: data ?? '' }
}

function isField(raw: Buffer, start: number, end: number, name: Buffer): boolean {
  const after = start + name.length
  if (after > end || (after < end && raw[after] !== COLON)) return false
  for (let index = 0; index < name.length; index++) if (raw[start + index] !== name[index]) return false
  return true
}

function fieldValue(raw: Buffer, colon: number, end: number): string {
  const start = raw[colon + 1] === SPACE ? colon + 2 : colon + 1
  return start < end ? raw.toString('utf8', start, end) : ''
}
