import { isOpen, isStringStart, stringEnd, valueEnd } from './json-scan.ts'

/** Which texts of a JSON document are wanted, by the keys that they stand under. Keys without escapes. */
export interface TextKeys {
  /** What is looked into; other objects and lists are passed over. */
  readonly into: readonly string[]
  /** Whose strings are wanted. */
  readonly strings: readonly string[]
  /** Whose objects are wanted, as they are written. */
  readonly objects?: readonly string[]
}

/** Told of each text, by where it stands: what is between the quotes of a string, or a whole object. */
export interface TextVisitor {
  string(bytes: Buffer, start: number, end: number): void
  object(bytes: Buffer, start: number, end: number): void
}

/**
 * Finds texts without decoding anything: about a nanosecond for a byte of what is around them, and less where one document
 * is like the one before it but for its text, as the frames of a stream are. A broken document is read as far as it goes.
 */
export class TextFinder {
  readonly #known: Known
  readonly #visitor: TextVisitor
  /** The first text of the document that was read last. */
  #model: Text | undefined
  /** How many texts the document has. */
  #found = 0

  constructor(keys: TextKeys, visitor: TextVisitor) {
    this.#known = tableOf(keys)
    this.#visitor = visitor
  }

  read(bytes: Buffer): void {
    try {
      const alike = this.#model && textLike(this.#model, bytes)
      this.#model = alike
      if (alike) this.#visitor.string(bytes, alike.start, alike.end)
      if (alike?.endsAlike && this.#found === 1) return
      this.#found = alike ? 1 : 0
      this.#walk(bytes, alike)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  }

  #walk(bytes: Buffer, from: Text | undefined): void {
    let last = from
    let at = from ? from.end + 1 : 0
    while (at >= 0 && at < bytes.length) {
      if (bytes[at] !== quote) {
        at++
        continue
      }
      const end = stringEnd(bytes, at)
      const value = end < 0 ? -1 : valueAfter(bytes, end)
      if (value < 0) {
        at = end
        continue
      }
      const key = keyAt(bytes, at + 1, end - 1, this.#known)
      at = endOf(bytes, value, key)
      if (key?.isString && isStringStart(bytes[value]))
        last = this.#say(last, { bytes, key, start: value + 1, end: at - 1 })
      if (key?.isObject && bytes[value] === brace && at - value > 2) this.#give(bytes, value, at)
    }
  }

  #give(bytes: Buffer, start: number, end: number): void {
    this.#found++
    this.#visitor.object(bytes, start, end)
  }

  #say(before: Text | undefined, text: Text): Text | undefined {
    if (text.end <= text.start) return before
    this.#model ??= text
    this.#found++
    if (!isSaidAgain(before, text)) this.#visitor.string(text.bytes, text.start, text.end)
    return text
  }
}

/** Where to go on behind a key; -1: nowhere. What is looked into needs no memory of its depth: the rest is passed over whole. */
function endOf(bytes: Buffer, value: number, key: KnownKey | undefined): number {
  const first = bytes[value]
  if (isStringStart(first)) return stringEnd(bytes, value)
  if (!isOpen(first)) return value
  return key?.isInto ? value + 1 : valueEnd(bytes, value)
}

interface KnownKey {
  readonly letters: Buffer
  readonly isInto: boolean
  readonly isString: boolean
  readonly isObject: boolean
}

/** By their length, as most keys are told apart by it. */
type Known = readonly (readonly KnownKey[] | undefined)[]

function tableOf({ into, strings, objects = [] }: TextKeys): Known {
  const known: KnownKey[][] = []
  for (const key of new Set([...into, ...strings, ...objects])) {
    const row = {
      letters: Buffer.from(key),
      isInto: into.includes(key),
      isString: strings.includes(key),
      isObject: objects.includes(key),
    }
    ;(known[row.letters.length] ??= []).push(row)
  }
  return known
}

/** Between the quotes of a string. */
interface Text {
  readonly bytes: Buffer
  readonly key: KnownKey
  readonly start: number
  readonly end: number
  /** What follows is what followed in the document before. */
  readonly endsAlike?: boolean
}

/** The text of a document that has the same bytes before it as another. */
function textLike({ bytes: model, key, start, end: modelEnd }: Text, bytes: Buffer): Text | undefined {
  if (bytes.length <= start || model.compare(bytes, 0, start, 0, start) !== 0) return undefined
  const end = stringEnd(bytes, start - 1) - 1
  if (end <= start) return undefined
  const endsAlike =
    bytes.length - end === model.length - modelEnd && model.compare(bytes, end, bytes.length, modelEnd) === 0
  return { bytes, key, start, end, endsAlike }
}

/** Some servers say one text under two keys, for clients that know only one of them. */
const isSaidAgain = (before: Text | undefined, { bytes, key, start, end }: Text): boolean =>
  before !== undefined &&
  before.key !== key &&
  before.end - before.start === end - start &&
  bytes.compare(bytes, before.start, before.end, start, end) === 0

/** Where the value of the key that ends here begins; -1: the string was no key. */
function valueAfter(bytes: Buffer, end: number): number {
  const at = skipSpace(bytes, end)
  return bytes[at] === colon ? skipSpace(bytes, at + 1) : -1
}

function skipSpace(bytes: Buffer, start: number): number {
  let at = start
  while (bytes[at] === space) at++
  return at
}

function keyAt(bytes: Buffer, start: number, end: number, known: Known): KnownKey | undefined {
  const row = known[end - start]
  if (row) for (const key of row) if (startsWith(bytes, start, key.letters)) return key
  return undefined
}

function startsWith(bytes: Buffer, start: number, letters: Buffer): boolean {
  for (let at = 0; at < letters.length; at++) if (bytes[start + at] !== letters[at]) return false
  return true
}

const [quote, colon, brace, space] = [0x22, 0x3a, 0x7b, 0x20]
