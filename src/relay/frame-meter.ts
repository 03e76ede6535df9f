import { estimateTokens } from '../model/estimate.ts'
import { asBuffer } from '../wire/bytes.ts'
import { TextFinder, type TextKeys, type TextVisitor } from '../wire/json-texts.ts'

/**
 * Counts the tokens of what forwarded frames say, without decoding the frames: only their texts are gathered, and estimated
 * some hundred letters at a time. Nothing of an answer is kept beyond that.
 */
export class FrameMeter {
  readonly #finder: TextFinder
  readonly #gathered = new Gathered()
  /** What the figure was when usage was last told, and what had been counted by then. */
  #told = { figure: 0, counted: 0 }

  constructor(keys: TextKeys) {
    this.#finder = new TextFinder(keys, this.#gathered)
  }

  /** Usage was told after something had been said. */
  get isTold(): boolean {
    return this.#told.figure > 0
  }

  add(frame: Uint8Array): void {
    this.#finder.read(asBuffer(frame))
  }

  /** The vendor has just told how much there is so far; `tokens` where somebody has looked. */
  told(tokens?: number): void {
    this.#told = { figure: tokens ?? this.tokens, counted: this.#gathered.tokens }
  }

  /** As the input of a next request would be estimated that says the same. */
  get tokens(): number {
    return this.#told.figure + this.#gathered.tokens - this.#told.counted
  }

  /** About the same, and cheap enough to be asked for with every chunk. */
  get roughly(): number {
    return this.#told.figure + this.#gathered.roughly - this.#told.counted
  }

  /** Better than `tokens`: what the vendor told last, and what was counted after that. */
  tokensAfter(told: number): number {
    const since = this.#gathered.tokens - this.#told.counted
    // What is told before anything was said counts the beginning of what follows.
    return this.isTold ? told + since : since
  }
}

/** Tokens of what one whole answer says. */
export function tokensIn(body: Uint8Array, keys: TextKeys): number {
  const meter = new FrameMeter(keys)
  meter.add(body)
  return meter.tokens
}

const roomBytes = 512
/** Before anything was counted. */
const usualTokensPerByte = 0.24

/** Texts as they stand in JSON, joined as they come: words that are cut between two frames are counted as one. */
class Gathered implements TextVisitor {
  #room: Buffer | undefined
  #filled = 0
  #tokens = 0
  /** Bytes that are counted in `#tokens`. */
  #bytes = 0

  string(bytes: Buffer, start: number, end: number): void {
    const length = end - start
    if (this.#filled + length > roomBytes) this.#count()
    if (length > roomBytes) this.#add(textOf(bytes, start, end), length)
    else {
      this.#room ??= Buffer.allocUnsafe(roomBytes)
      for (let at = start; at < end; at++) this.#room[this.#filled++] = bytes[at] ?? 0
    }
  }

  object(bytes: Buffer, start: number, end: number): void {
    this.#add(bytes.toString('utf8', start, end), end - start)
  }

  get tokens(): number {
    this.#count()
    return this.#tokens
  }

  get roughly(): number {
    const tokensPerByte = this.#bytes > 0 ? this.#tokens / this.#bytes : usualTokensPerByte
    return this.#tokens + Math.ceil(this.#filled * tokensPerByte)
  }

  #count(): void {
    if (!this.#room || this.#filled === 0) return
    this.#add(textOf(this.#room, 0, this.#filled), this.#filled)
    this.#filled = 0
  }

  #add(text: string, bytes: number): void {
    this.#tokens += estimateTokens(text)
    this.#bytes += bytes
  }
}

/** The text of what stands between the quotes of a JSON string. */
function textOf(bytes: Buffer, start: number, end: number): string {
  const written = bytes.toString('utf8', start, end)
  if (!written.includes('\\')) return written
  try {
    // A JSON string is a string.
    return JSON.parse(`"${written}"`) as string
  } catch (error) {
    // An escape that is none, which its client sees as it came.
    if (error instanceof SyntaxError) return written
    throw error
  }
}
