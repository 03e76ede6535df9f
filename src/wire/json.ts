import { isUtf8 } from 'node:buffer'
import { asBuffer, markLength } from './bytes.ts'
import { jsonFault } from './json-fault.ts'
import { withoutPrototypeKeys } from './json-prototype.ts'
import { isClose, isOpen, isStringStart, stringEnd } from './json-scan.ts'

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** A parsed value, or a short text for the API's user that says what is wrong and where. */
export type JsonResult = { ok: true; value: unknown } | { ok: false; problem: string }

/** True for an object that is neither null nor an array. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Parses what a stranger sent: UTF-8 must be valid (a byte order mark is passed over), nesting is bounded before anything is built,
 * numbers that a double cannot hold are refused, and keys that could reach a prototype are left out.
 */
export function parseJson(bytes: Uint8Array, limits: { depth?: number } = {}): JsonResult {
  const source = asBuffer(bytes)
  if (!isUtf8(source)) return { ok: false, problem: `invalid UTF-8 at byte ${badUtf8(source)}` }
  const problem = scan(source, limits.depth ?? 128)
  if (problem !== undefined) return { ok: false, problem }
  const text = source.toString('utf8', markLength(source))
  try {
    return { ok: true, value: withoutPrototypeKeys(JSON.parse(text), text) }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { ok: false, problem: jsonFault(text) }
  }
}

/** Looks at structure and numbers only: strings, the bulk of most bodies, are jumped over. */
function scan(bytes: Buffer, depthLimit: number): string | undefined {
  let depth = 0
  let position = 0
  while (position < bytes.length) {
    const byte = bytes[position]
    if (isStringStart(byte)) {
      position = stringEnd(bytes, position)
      // A string without an end is the parser's to report.
      if (position === -1) return undefined
    } else if (isNumber(byte)) {
      const end = numberEnd(bytes, position)
      if (overflows(bytes, position, end)) return `number out of range at ${place(bytes, position)}`
      position = end
    } else {
      if (isOpen(byte) && ++depth > depthLimit)
        return `nested deeper than ${depthLimit} levels at ${place(bytes, position)}`
      if (isClose(byte)) depth--
      position++
    }
  }
  return undefined
}

const MINUS = 0x2d
const LARGEST_SAFE_LENGTH = 300
const NUMBER_BYTES = new Set(Buffer.from('0123456789+-.eE'))
const isNumber = (byte: number | undefined): boolean =>
  byte === MINUS || (byte !== undefined && byte >= 48 && byte <= 57)

function numberEnd(bytes: Buffer, start: number): number {
  let position = start + 1
  while (NUMBER_BYTES.has(bytes[position] ?? 0)) position++
  return position
}

/** Only an exponent or more than 308 digits can leave the range of a double. */
function overflows(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 4) return false
  const token = bytes.toString('latin1', start, end)
  return (
    (token.length > LARGEST_SAFE_LENGTH || /e/i.test(token)) && Math.abs(Number(token)) === Number.POSITIVE_INFINITY
  )
}

const place = (bytes: Buffer, offset: number): string =>
  `position ${bytes.toString('utf8', markLength(bytes), offset).length}`

/** Where decoding and encoding again first differ. */
function badUtf8(bytes: Buffer): number {
  const again = Buffer.from(bytes.toString('utf8'))
  return bytes.findIndex((byte, index) => byte !== again[index])
}
