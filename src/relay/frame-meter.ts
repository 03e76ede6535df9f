/**
 * Measures what a forwarded answer says without reading it. Frames of one kind carry their text in an envelope of one
 * size, so the shortest frame of a kind tells that size: what is longer than it is text.
 */
export class FrameMeter {
  #kinds = new Map<string | undefined, Kind>()
  /** Bytes of text that had been measured when usage was last told. */
  #before = 0

  /** Usage was told after something had been said. */
  get isTold(): boolean {
    return this.#before > 0
  }

  /** @param event the frame's name, where its format gives names. */
  add(bytes: number, event?: string): void {
    let kind = this.#kinds.get(event)
    if (!kind) {
      kind = { frames: 0, bytes: 0, shortest: Number.POSITIVE_INFINITY }
      this.#kinds.set(event, kind)
    }
    kind.frames++
    kind.bytes += bytes
    if (bytes < kind.shortest) kind.shortest = bytes
  }

  /** The vendor has just told how much there is so far; `tokens` where somebody has looked. */
  told(tokens?: number): void {
    this.#before = tokens === undefined ? this.#before + this.#since : tokens * bytesPerToken
    for (const kind of this.#kinds.values()) {
      kind.frames = 0
      kind.bytes = 0
    }
  }

  /** About as many as a tokenizer would make of it: four letters, or one Chinese character and a half, to a token. */
  get tokens(): number {
    return tokensOf(this.#before + this.#since)
  }

  /** Better than `tokens`: what the vendor told last, and what was measured after that. */
  tokensAfter(told: number): number {
    // What is told before anything was said counts the beginning of what follows.
    return this.#before > 0 ? told + tokensOf(this.#since) : tokensOf(this.#since)
  }

  get #since(): number {
    let text = 0
    for (const { bytes, frames, shortest } of this.#kinds.values()) {
      const envelope = shortest - shortestText
      if (frames > 0) text += bytes - frames * (frames < manyFrames ? envelope : Math.min(envelope, largestEnvelope))
    }
    return text
  }
}

interface Kind {
  frames: number
  bytes: number
  shortest: number
}

/** Many frames that are all longer than this have text in common, not an envelope. A few repeat what was said already. */
const largestEnvelope = 400
const manyFrames = 4
/** The shortest delta still says something. */
const shortestText = 3
const bytesPerToken = 4.2

const tokensOf = (text: number): number => Math.ceil(text / bytesPerToken)
