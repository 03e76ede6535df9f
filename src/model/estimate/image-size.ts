/** In pixels. */
export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** A picture's size from the first bytes of its base64; undefined when they are none of PNG, GIF, JPEG or WebP. */
export function imageSize(base64: string): ImageSize | undefined {
  const head = Buffer.from(base64.slice(0, 64), 'base64')
  const format = formats.find(({ begins }) => begins(head))
  if (format === undefined) return undefined
  const size = format.read(format.isLong ? Buffer.from(base64.slice(0, longHead), 'base64') : head)
  return size && size.width > 0 && size.height > 0 ? size : undefined
}

/** A JPEG may have a camera's notes and a small picture before its size. */
const longHead = 400_000

interface Format {
  begins(head: Buffer): boolean
  read(head: Buffer): ImageSize | undefined
  readonly isLong?: boolean
}

const says = (head: Buffer, text: string, at = 0): boolean => head.toString('latin1', at, at + text.length) === text

const formats: readonly Format[] = [
  {
    begins: (head) => says(head, '\x89PNG') && head.length >= 24,
    read: (head) => ({ width: head.readUInt32BE(16), height: head.readUInt32BE(20) }),
  },
  {
    begins: (head) => says(head, 'GIF8') && head.length >= 10,
    read: (head) => ({ width: head.readUInt16LE(6), height: head.readUInt16LE(8) }),
  },
  { begins: (head) => says(head, '\xff\xd8\xff'), read: jpegSize, isLong: true },
  { begins: (head) => says(head, 'RIFF') && says(head, 'WEBPVP8', 8) && head.length >= 30, read: webpSize },
]

/** Walks over the segments to the one that begins a frame (SOF0 to SOF15 but for the three that are something else). */
function jpegSize(bytes: Buffer): ImageSize | undefined {
  let at = 2
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0
    if (marker === 0xff) at++
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
    else at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}

/** @see https://developers.google.com/speed/webp/docs/riff_container */
function webpSize(head: Buffer): ImageSize | undefined {
  const kind = head.toString('latin1', 12, 16)
  if (kind === 'VP8X') return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 }
  if (kind === 'VP8 ') return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff }
  if (kind !== 'VP8L') return undefined
  const bits = head.readUInt32LE(21)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}
