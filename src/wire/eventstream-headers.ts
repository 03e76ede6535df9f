/** One header type: how many bytes its value takes (`sized`: two bytes say it), and the value as a string. */
interface HeaderType {
  size: number | 'sized'
  read(value: Buffer): string
}

const hex = (value: Buffer) => value.toString('hex')

/** Header types by their number on the wire. A timestamp stays what it is there: milliseconds since 1970. */
const TYPES: readonly HeaderType[] = [
  { size: 0, read: () => 'true' },
  { size: 0, read: () => 'false' },
  { size: 1, read: (value) => String(value.readInt8()) },
  { size: 2, read: (value) => String(value.readInt16BE()) },
  { size: 4, read: (value) => String(value.readInt32BE()) },
  { size: 8, read: (value) => String(value.readBigInt64BE()) },
  { size: 'sized', read: (value) => value.toString('base64') },
  { size: 'sized', read: (value) => value.toString('utf8') },
  { size: 8, read: (value) => String(value.readBigInt64BE()) },
  { size: 16, read: (value) => hex(value).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') },
]
const STRING_TYPE = 7

/** Headers of one message, or undefined when they are malformed. The record has no prototype, so any name is safe. */
export function readEventHeaders(bytes: Buffer): Record<string, string> | undefined {
  const headers: Record<string, string> = Object.create(null)
  let position = 0
  while (position < bytes.length) {
    const nameEnd = position + 1 + (bytes[position] ?? 0)
    const type = TYPES[bytes[nameEnd] ?? TYPES.length]
    if (type === undefined) return undefined
    const span = valueSpan(bytes, nameEnd + 1, type)
    if (span === undefined) return undefined
    headers[bytes.toString('utf8', position + 1, nameEnd)] = type.read(bytes.subarray(span.start, span.end))
    position = span.end
  }
  return headers
}

/** @throws RangeError when a name is longer than 255 bytes or a value longer than 65,535. */
export function writeEventHeaders(headers: Record<string, string>): Buffer {
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => {
      const nameBytes = Buffer.from(name)
      const valueBytes = Buffer.from(value)
      const nameSize = Buffer.alloc(1)
      nameSize.writeUInt8(nameBytes.length)
      const valueSize = Buffer.alloc(3)
      valueSize.writeUInt8(STRING_TYPE)
      valueSize.writeUInt16BE(valueBytes.length, 1)
      return [nameSize, nameBytes, valueSize, valueBytes]
    }),
  )
}

function valueSpan(bytes: Buffer, position: number, type: HeaderType): { start: number; end: number } | undefined {
  const isSized = type.size === 'sized'
  if (isSized && position + 2 > bytes.length) return undefined
  const start = isSized ? position + 2 : position
  const end = start + (type.size === 'sized' ? bytes.readUInt16BE(position) : type.size)
  return end > bytes.length ? undefined : { start, end }
}
