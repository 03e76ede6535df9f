import type { ChatEvent, CloseEvent, DeltaEvent, OpenEvent, StopEvent } from '../event.ts'
import type { TokenLogprob } from '../part.ts'
import type { Stop } from '../reply.ts'
import type { Usage } from '../usage.ts'
import { type StopFinder, stopFinder } from './stop-finder.ts'
import type { Transform } from './transform.ts'

export interface StopCutter extends Transform {
  /** Every answer has met its stop string: nothing more is wanted from the upstream but, perhaps, its usage. */
  readonly isDone: boolean
  /** The usage known so far and the stop, when the upstream is not waited for. Empty while no answer was cut or all is told. */
  finish(): ChatEvent[]
}

/**
 * Ends an answer at the first stop string in its visible text, for upstreams that cannot. Thoughts and arguments are not looked at.
 * After that the answer's content is swallowed; usage is let through, and its end is told as `stop_sequence`, even if
 * the upstream breaks off. Expects parts in sequence.
 * @param choices how many answers are asked for.
 */
export const cutAtStop = (stops: readonly string[], choices = 1): StopCutter => new Cutter(stops, choices)

class Cutter implements StopCutter {
  readonly #stops: readonly string[]
  readonly #choices: number
  /** The stop string that each answer has met. */
  readonly #met = new Map<number, string>()
  #skipped = 0
  #part: OpenPart | undefined
  #usage: Usage | undefined
  #hasUsage = false
  #hasEnded = false

  constructor(stops: readonly string[], choices: number) {
    this.#stops = stops
    this.#choices = choices
  }

  get isDone(): boolean {
    return this.#met.size >= this.#choices
  }

  finish(): ChatEvent[] {
    return this.isDone && !this.#hasEnded ? this.#end({ type: 'stop', stop: { reason: 'stop_sequence' } }) : []
  }

  push(event: ChatEvent): ChatEvent[] {
    if (this.#hasEnded) return []
    switch (event.type) {
      case 'start':
        this.#usage = event.usage
        return [event]
      case 'open':
        return this.#open(event)
      case 'delta':
        return this.#delta(event)
      case 'close':
        return this.#close(event)
      case 'usage':
        this.#hasUsage = true
        return [event]
      case 'stop':
        return this.#met.size > 0 ? this.#end(event) : [event]
      case 'fault':
        return this.isDone ? this.finish() : [event]
    }
  }

  #open(event: OpenEvent): ChatEvent[] {
    const choice = event.choice ?? 0
    this.#part = undefined
    if (this.#met.has(choice)) {
      this.#skipped++
      return []
    }
    const index = event.index - this.#skipped
    const isText = event.part.kind === 'text'
    this.#part = { index, choice, ...(isText && { text: { finder: stopFinder(this.#stops), tokens: tokenQueue() } }) }
    return [{ ...event, index }]
  }

  #delta({ delta }: DeltaEvent): ChatEvent[] {
    if (!this.#part) return []
    const { index, choice, text } = this.#part
    if (!text || delta.kind !== 'text') return [{ type: 'delta', index, delta }]
    text.tokens.add(delta.logprobs)
    const cut = text.finder.push(delta.text)
    const said = textDelta(index, cut.text, text.tokens.take(cut.text.length))
    if (cut.sequence === undefined) return said
    this.#met.set(choice, cut.sequence)
    this.#part = undefined
    return [...said, { type: 'close', index }]
  }

  #close(event: CloseEvent): ChatEvent[] {
    if (!this.#part) return []
    const { index, text } = this.#part
    this.#part = undefined
    const tail = text ? textDelta(index, text.finder.end(), text.tokens.rest()) : []
    return [...tail, { ...event, index }]
  }

  #end(stop: StopEvent): ChatEvent[] {
    this.#hasEnded = true
    const late: ChatEvent[] = !this.#hasUsage && this.#usage ? [{ type: 'usage', usage: this.#usage }] : []
    return [...late, cutStop(stop, this.#met)]
  }
}

interface OpenPart {
  readonly index: number
  readonly choice: number
  /** Visible text alone is looked through. */
  readonly text?: { readonly finder: StopFinder; readonly tokens: TokenQueue }
}

function textDelta(index: number, text: string, logprobs: readonly TokenLogprob[]): ChatEvent[] {
  if (text === '' && logprobs.length === 0) return []
  return [{ type: 'delta', index, delta: { kind: 'text', text, ...(logprobs.length > 0 && { logprobs }) } }]
}

/** The upstream's stop with the answers that were cut told as such. */
function cutStop(event: StopEvent, met: ReadonlyMap<number, string>): StopEvent {
  const cut = (stop: Stop, choice: number): Stop => {
    const sequence = met.get(choice)
    return sequence === undefined ? stop : { reason: 'stop_sequence', sequence }
  }
  const count = Math.max(event.others?.length ?? 0, ...met.keys())
  const others = Array.from({ length: count }, (_, at) => cut(event.others?.[at] ?? { reason: 'end' }, at + 1))
  return { ...event, stop: cut(event.stop, 0), ...(count > 0 && { others }) }
}

/** Log probabilities in step with the text that they belong to, so that a token of the stop string is not told either. */
interface TokenQueue {
  add(tokens: readonly TokenLogprob[] | undefined): void
  /** Those that lie wholly within the next `length` units of text. */
  take(length: number): TokenLogprob[]
  rest(): TokenLogprob[]
}

function tokenQueue(): TokenQueue {
  let tokens: TokenLogprob[] = []
  let room = 0
  return {
    add: (more) => {
      if (more) tokens.push(...more)
    },
    take(length) {
      if (tokens.length === 0) return []
      room += length
      let fitting = 0
      for (const { token } of tokens) {
        if (token.length > room) break
        room -= token.length
        fitting++
      }
      return tokens.splice(0, fitting)
    },
    rest() {
      const last = tokens
      tokens = []
      return last
    },
  }
}
