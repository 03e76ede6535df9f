import type { ChatEvent } from '../event.ts'
import { noUsage, usageOf } from '../usage.ts'
import type { Transform } from './transform.ts'

export interface MissingUsage extends Transform {
  /** The usage that was told is ours, not the upstream's. */
  readonly isEstimate: boolean
  /** What was said so far, thoughts included. */
  readonly outputTokens: number
}

/**
 * Stands in for the usage that an upstream did not tell: `inputTokens` as estimated from the request, the output from what
 * was said. An upstream that says zero is believed.
 */
export const missingUsage = (inputTokens: () => number): MissingUsage => new UsageWatch(inputTokens)

class UsageWatch implements MissingUsage {
  isEstimate = false
  readonly #inputTokens: () => number
  readonly #output = new Measure()
  readonly #reasoning = new Measure()
  #current = this.#output
  #isTold = false

  constructor(inputTokens: () => number) {
    this.#inputTokens = inputTokens
  }

  push(event: ChatEvent): ChatEvent[] {
    switch (event.type) {
      case 'open':
        this.#current = event.part.kind === 'thinking' ? this.#reasoning : this.#output
        if (event.part.kind === 'tool_call') this.#current.add(event.part.name)
        return [event]
      case 'delta':
        if (event.delta.kind === 'text' || event.delta.kind === 'arguments') this.#current.add(event.delta.text)
        return [event]
      case 'usage':
        this.#isTold = true
        return [event.usage === noUsage ? this.#estimate() : event]
      case 'stop':
        return this.#isTold ? [event] : [this.#estimate(), event]
      default:
        return [event]
    }
  }

  get outputTokens(): number {
    return this.#output.tokens + this.#reasoning.tokens
  }

  #estimate(): ChatEvent {
    this.isEstimate = true
    const [output, reasoning] = [this.#output.tokens, this.#reasoning.tokens]
    return { type: 'usage', usage: usageOf({ input: this.#inputTokens(), output, reasoning }) }
  }
}

/** Text measured by its lengths alone: every answer passes here, and nearly all of them tell their usage in the end. */
class Measure {
  #units = 0
  #bytes = 0

  add(text: string): void {
    this.#units += text.length
    this.#bytes += Buffer.byteLength(text)
  }

  /** Latin text has about 4.2 letters a token; each Chinese character, three bytes for one unit, is most of a token. */
  get tokens(): number {
    const wide = (this.#bytes - this.#units) / 2
    return Math.ceil((this.#units - wide) / 4.2 + wide / 1.4)
  }
}
