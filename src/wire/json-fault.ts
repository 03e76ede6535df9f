/**
 * Says what is wrong with a text that JSON.parse refused, and where: the engine's own message often leaves the place out
 * and quotes the text instead. Recursive, so the text's depth must have been checked.
 */
export function jsonFault(text: string): string {
  if (text.trim() === '') return 'the JSON is empty'
  const position = new Walk(text).faultPosition()
  const character = text.codePointAt(position)
  return character === undefined
    ? `the JSON ends too early, at position ${position}`
    : `invalid JSON at position ${position}: unexpected ${JSON.stringify(String.fromCodePoint(character))}`
}

const SPACE = /[ \t\n\r]*/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
const STRING_PART = /[\u0020-\u0021\u0023-\u005b\u005d-\uffff]+|\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y

/** Walks by the grammar of RFC 8259; every method is false at the fault, with `#position` on it. */
class Walk {
  readonly #text: string
  #position = 0

  constructor(text: string) {
    this.#text = text
  }

  faultPosition(): number {
    this.#space()
    if (this.#value()) this.#space()
    return this.#position
  }

  #value(): boolean {
    if (this.#take('{')) return this.#list('}', () => this.#member())
    if (this.#take('[')) return this.#list(']', () => this.#value())
    return this.#peek() === '"' ? this.#string() : this.#match(SCALAR)
  }

  #list(close: string, item: () => boolean): boolean {
    if (this.#take(close)) return true
    do {
      if (!item()) return false
      this.#space()
    } while (this.#take(','))
    return this.#take(close)
  }

  #member(): boolean {
    if (!this.#string()) return false
    this.#space()
    return this.#take(':') && this.#value()
  }

  #string(): boolean {
    if (this.#peek() !== '"') return false
    this.#position++
    while (this.#match(STRING_PART)) {}
    if (this.#peek() !== '"') return false
    this.#position++
    return true
  }

  /** Takes one punctuation mark and the space behind it. */
  #take(mark: string): boolean {
    if (this.#peek() !== mark) return false
    this.#position++
    this.#space()
    return true
  }

  #peek(): string {
    return this.#text.charAt(this.#position)
  }

  #space(): void {
    this.#match(SPACE)
  }

  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.#position
    if (!pattern.test(this.#text)) return false
    this.#position = pattern.lastIndex
    return true
  }
}
