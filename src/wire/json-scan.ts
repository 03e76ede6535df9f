import { markLength } from './bytes.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** What kind of value starts with this byte, as far as walking needs to know. */
export const isObjectStart = (byte: number | undefined): boolean => byte === OPEN_BRACE
export const isArrayStart = (byte: number | undefined): boolean => byte === OPEN_BRACKET
export const isStringStart = (byte: number | undefined): boolean => byte === QUOTE
export const isOpen = (byte: number | undefined): boolean => byte === OPEN_BRACE || byte === OPEN_BRACKET
export const isClose = (byte: number | undefined): boolean => byte === CLOSE_BRACE || byte === CLOSE_BRACKET

/** Index of the document's value, behind a byte order mark and white space. */
export const documentStart = (bytes: Buffer): number => skipSpace(bytes, markLength(bytes))

/**
 * Index after the string whose opening quote is at `start`, or -1 when it never ends.
 * Steps byte by byte while quotes are close together (keys, quoted code), and lets the native search run over longer text.
 */
export function stringEnd(bytes: Buffer, start: number): number {
  const near = Math.min(bytes.length, start + NEAR_BYTES)
  let position = start + 1
  while (position < near) {
    const byte = bytes[position]
    if (byte === QUOTE) return position + 1
    position += byte === BACKSLASH ? 2 : 1
  }
  return farStringEnd(bytes, start, position)
}

const NEAR_BYTES = 48

/** As above; everything before `from` is known to be inside the string. */
function farStringEnd(bytes: Buffer, start: number, from: number): number {
  let quote = bytes.indexOf(QUOTE, from)
  while (quote !== -1) {
    let before = quote - 1
    while (before > start && bytes[before] === BACKSLASH) before--
    // An even number of backslashes before it: they escape each other, and the quote closes.
    if ((quote - before) % 2 === 1) return quote + 1
    quote = nextQuote(bytes, quote + 1)
  }
  return -1
}

/** Index of the next quote, escaped or not, or -1. Where there was one, the next is seldom far. */
function nextQuote(bytes: Buffer, start: number): number {
  const near = Math.min(bytes.length, start + NEAR_BYTES)
  for (let position = start; position < near; position++) if (bytes[position] === QUOTE) return position
  return bytes.indexOf(QUOTE, near)
}

/** Index after the value at `start`. @throws SyntaxError when the bytes are not JSON. */
export function valueEnd(bytes: Buffer, start: number): number {
  const first = bytes[start]
  if (isStringStart(first)) return checked(stringEnd(bytes, start))
  return isOpen(first) ? containerEnd(bytes, start) : scalarEnd(bytes, start)
}

/**
 * Visits the members of the object at `open`, in order. The visitor gets the decoded key and where the member and its value start,
 * and returns where the value ends.
 */
export function eachMember(
  bytes: Buffer,
  open: number,
  visit: (key: string, memberStart: number, valueStart: number) => number,
): number {
  let position = skipSpace(bytes, open + 1)
  while (!isClose(bytes[position])) {
    const keyEnd = checked(stringEnd(bytes, position))
    const valueStart = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1)
    position = afterComma(bytes, visit(readKey(bytes, position, keyEnd), position, valueStart))
  }
  return position + 1
}

/** Visits the elements of the array at `open`, in order. The visitor gets the index and the start, and returns the end. */
export function eachElement(bytes: Buffer, open: number, visit: (index: number, start: number) => number): number {
  let position = skipSpace(bytes, open + 1)
  for (let index = 0; !isClose(bytes[position]); index++) {
    position = afterComma(bytes, visit(index, position))
  }
  return position + 1
}

function containerEnd(bytes: Buffer, start: number): number {
  let depth = 0
  let position = start
  do {
    const byte = bytes[position]
    if (byte === undefined) throw notJson()
    if (byte === QUOTE) {
      position = checked(stringEnd(bytes, position))
      continue
    }
    if (isOpen(byte)) depth++
    else if (isClose(byte)) depth--
    position++
  } while (depth > 0)
  return position
}

function scalarEnd(bytes: Buffer, start: number): number {
  let position = start
  while (position < bytes.length && !isScalarEnd(bytes[position])) position++
  if (position === start) throw notJson()
  return position
}

const isScalarEnd = (byte: number | undefined): boolean => byte === COMMA || isClose(byte) || isSpace(byte)

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

function skipSpace(bytes: Buffer, start: number): number {
  let position = start
  while (isSpace(bytes[position])) position++
  return position
}

function afterComma(bytes: Buffer, end: number): number {
  const position = skipSpace(bytes, end)
  if (bytes[position] === COMMA) return skipSpace(bytes, position + 1)
  if (!isClose(bytes[position])) throw notJson()
  return position
}

function readKey(bytes: Buffer, start: number, end: number): string {
  const key = bytes.toString('utf8', start + 1, end - 1)
  // A valid JSON string always parses to a string; the scan above found its end.
  return key.includes('\\') ? (JSON.parse(`"${key}"`) as string) : key
}

function checked(position: number): number {
  if (position === -1) throw notJson()
  return position
}

const notJson = () => new SyntaxError('the bytes are not JSON')
