/** A data URL in clean parts: a bare lower-case type, and standard base64 with padding. */
export interface DataUrl {
  mime: string
  base64: string
}

/**
 * Reads a `data:` URL as people write them: white space, missing padding, the URL-safe alphabet, parameters, percent-encoding.
 * A missing type is `text/plain`, as RFC 2397 says. Undefined when it is no data URL or its base64 is none.
 */
export function parseDataUrl(url: string): DataUrl | undefined {
  const scheme = /^\s*data:/i.exec(url)
  const comma = url.indexOf(',')
  if (scheme === null || comma === -1) return undefined
  const [type = '', ...parameters] = url.slice(scheme[0].length, comma).split(';')
  const isBase64 = parameters.some((parameter) => parameter.trim().toLowerCase() === 'base64')
  const content = url.slice(comma + 1)
  const base64 = isBase64 ? cleanBase64(content) : percentDecoded(content).toString('base64')
  return base64 === undefined ? undefined : { mime: bareType(type), base64 }
}

/** The type of a file from the first bytes of its base64, or undefined when they are none of the known signatures. */
export function sniffMime(base64: string): string | undefined {
  const head = Buffer.from(base64.slice(0, HEAD_CHARACTERS), 'base64')
  const text = head.toString('latin1')
  return SIGNATURES.find(({ test }) => test(text, head))?.mime
}

const HEAD_CHARACTERS = 128

const bareType = (type: string): string => {
  const bare = type.trim().toLowerCase()
  return /^[a-z\d][\w.+-]*\/[a-z\d][\w.+-]*$/.test(bare) ? bare : 'text/plain'
}

const STANDARD = /^[A-Za-z\d+/]*$/

function cleanBase64(content: string): string | undefined {
  const bare = withoutPadding(content)
  const clean = STANDARD.test(bare) ? bare : withoutPadding(standardAlphabet(bare))
  if (clean.length % 4 === 1 || !STANDARD.test(clean)) return undefined
  return clean + '='.repeat((4 - (clean.length % 4)) % 4)
}

const standardAlphabet = (text: string): string =>
  (text.includes('%') ? percentDecoded(text).toString('latin1') : text)
    .replaceAll(/\s+/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')

function withoutPadding(text: string): string {
  let end = text.length
  while (text[end - 1] === '=') end--
  return text.slice(0, end)
}

/** Bytes, since percent-encoded data need not be UTF-8; a `%` that begins no escape stands for itself. */
const percentDecoded = (text: string): Buffer =>
  Buffer.from(
    Buffer.from(text)
      .toString('latin1')
      .replaceAll(/%([\da-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    'latin1',
  )

/** How a file of one type begins; `text` is the head with one character a byte. */
interface Signature {
  mime: string
  test(text: string, head: Buffer): boolean
}

const begins = (mime: string, ...starts: string[]): Signature => ({
  mime,
  test: (text) => starts.some((start) => text.startsWith(start)),
})
const riff = (mime: string, kind: string): Signature => ({
  mime,
  test: (text) => text.startsWith('RIFF') && text.startsWith(kind, 8),
})
const brand = (mime: string, brands: RegExp): Signature => ({
  mime,
  test: (text) => text.startsWith('ftyp', 4) && brands.test(text.slice(8, 12)),
})

/** The first that matches counts. @see https://mimesniff.spec.whatwg.org/#matching-a-mime-type-pattern */
const SIGNATURES: readonly Signature[] = [
  begins('image/jpeg', '\xff\xd8\xff'),
  begins('image/png', '\x89PNG\r\n\x1a\n'),
  begins('image/gif', 'GIF87a', 'GIF89a'),
  riff('image/webp', 'WEBP'),
  riff('audio/wav', 'WAVE'),
  { mime: 'image/bmp', test: (text) => text.startsWith('BM') && text.startsWith('\0\0\0\0', 6) },
  begins('image/tiff', 'II*\0', 'MM\0*'),
  begins('application/pdf', '%PDF-'),
  brand('image/heic', /^(?:heic|heix|heim|heis|hevc|hevx)$/),
  brand('image/heif', /^(?:mif1|msf1)$/),
  brand('image/avif', /^avi[fs]$/),
  brand('audio/mp4', /^M4[AB] $/),
  brand('video/quicktime', /^qt {2}$/),
  brand('video/mp4', /^/),
  begins('audio/ogg', 'OggS'),
  begins('audio/flac', 'fLaC'),
  { mime: 'video/webm', test: (text) => text.startsWith('\x1aE\xdf\xa3') && text.includes('webm') },
  { mime: 'audio/mpeg', test: (text, head) => text.startsWith('ID3') || isMp3Frame(head) },
]

/** Eleven sync bits, a real MPEG version, layer III, a real bit rate and sample rate. */
const isMp3Frame = ([first = 0, second = 0, third = 0]: Buffer): boolean =>
  first === 0xff &&
  (second & 0xe6) === 0xe2 &&
  (second & 0x18) !== 0x08 &&
  (third & 0xf0) !== 0xf0 &&
  (third & 0x0c) !== 0x0c
