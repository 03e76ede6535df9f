import { type JsonPath, locate, splice } from '../wire/splice.ts'
import type { Frame } from './frames.ts'

const dataLine = Buffer.from('data:')
const newline = 0x0a

/**
 * A frame whose model is called `model`, spliced where the frame names one; all other bytes stay. Payloads over several
 * `data` lines, which no vendor writes, are left alone.
 */
export function renameFrame(frame: Frame, paths: readonly JsonPath[], model: string): Frame {
  const raw = Buffer.from(frame.raw.buffer, frame.raw.byteOffset, frame.raw.byteLength)
  const line = raw.indexOf(dataLine)
  const start = line < 0 ? -1 : raw.indexOf('{', line)
  if (start < 0) return frame
  const lineEnd = raw.indexOf(newline, start)
  const end = lineEnd < 0 ? raw.length : lineEnd
  const json = raw.subarray(start, end)
  if (raw.indexOf(dataLine, end) >= 0) return frame
  const path = paths.find((one) => locate(json, one))
  if (!path) return frame
  const renamed = Buffer.concat([raw.subarray(0, start), splice(json, [{ path, value: model }]), raw.subarray(end)])
  return { event: frame.event, data: dataOf(renamed, start), raw: renamed }
}

const dataOf = (raw: Buffer, start: number): string => {
  const end = raw.indexOf(newline, start)
  return raw.toString('utf8', start, end < 0 ? raw.length : end).trimEnd()
}
