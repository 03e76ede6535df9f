import type { Frame } from './frames.ts'

const dataLine = Buffer.from('data:')
const newline = 0x0a

/**
 * A frame whose JSON is edited; all other bytes stay. `edit` gives the very same bytes when there is nothing to do.
 * Payloads over several `data` lines, which no vendor writes, are left alone.
 */
export function editFrame(frame: Frame, edit: (json: Buffer) => Uint8Array): Frame {
  const raw = Buffer.from(frame.raw.buffer, frame.raw.byteOffset, frame.raw.byteLength)
  const line = raw.indexOf(dataLine)
  const start = line < 0 ? -1 : raw.indexOf('{', line)
  if (start < 0) return frame
  const lineEnd = raw.indexOf(newline, start)
  const end = lineEnd < 0 ? raw.length : lineEnd
  const json = raw.subarray(start, end)
  if (raw.indexOf(dataLine, end) >= 0) return frame
  const edited = edit(json)
  if (edited === json) return frame
  const whole = Buffer.concat([raw.subarray(0, start), edited, raw.subarray(end)])
  return { event: frame.event, data: dataOf(whole, start), raw: whole }
}

const dataOf = (raw: Buffer, start: number): string => {
  const end = raw.indexOf(newline, start)
  return raw.toString('utf8', start, end < 0 ? raw.length : end).trimEnd()
}
