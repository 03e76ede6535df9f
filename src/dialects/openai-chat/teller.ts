import type { ChatEvent, Delta } from '../../model/event.ts'
import type { MediaPart, Part, Seal, TokenLogprob } from '../../model/part.ts'
import { codePoints, readAnnotation } from './annotations.ts'
import { type Calls, callsReader, thoughtSeal } from './calls-read.ts'
import type { Detail } from './reasoning-details.ts'

/** What the answers of one stream share. */
export interface Stage {
  emit(event: ChatEvent): void
  nextIndex(): number
  newId(): string
}

/**
 * Tells one answer part by part. At most one text, thought, refusal or speech is open; a piece of another kind closes it.
 * Calls stay open beside it, because their pieces may interleave.
 */
export interface Teller {
  readonly calls: Calls
  text(content: string, logprobs?: readonly TokenLogprob[]): void
  think(thought: Detail): void
  refuse(said: string): void
  speak(part: MediaPart, deltas: readonly Delta[]): void
  cite(annotation: Record<string, unknown>): void
  /** A part that comes whole. */
  whole(part: Part): void
  /** A thought signature that stands on the message: the first call's, or else the text's. */
  sign(data: string): void
  /** Closes the open part that is no call. */
  leave(): void
  readonly hasContent: boolean
  readonly hasRefusal: boolean
}

interface Lane {
  readonly kind: Part['kind']
  readonly index: number
  /** Which of the upstream's `reasoning_details` it is. */
  readonly detail: number | undefined
  seal: Seal | undefined
  /** Code points told so far. */
  points: number
}

/** Tells answer number `choice`; 0 is the one that most replies have alone. */
export const teller = (stage: Stage, choice: number): Teller => new ChoiceTeller(stage, choice)

class ChoiceTeller implements Teller {
  readonly calls: Calls
  hasContent = false
  hasRefusal = false
  readonly #stage: Stage
  readonly #choice: number
  #lane: Lane | undefined
  #textBase = 0
  #messageSeal: Seal | undefined

  constructor(stage: Stage, choice: number) {
    this.#stage = stage
    this.#choice = choice
    this.calls = callsReader(
      {
        open: (part) => {
          this.leave()
          return this.#open(part)
        },
        more: (index, text) => this.#say(index, { kind: 'arguments', text }),
        close: (index, seal) => this.#close(index, seal),
      },
      stage.newId,
    )
  }

  text(content: string, logprobs?: readonly TokenLogprob[]): void {
    if (content === '') return
    const into = this.#enter(emptyText)
    into.points += codePoints(content)
    this.#say(into.index, logprobs ? { kind: 'text', text: content, logprobs } : { kind: 'text', text: content })
  }

  think({ text, form, index, seal }: Detail): void {
    if (text !== '') this.#say(this.#enter({ kind: 'thinking', text: '', form }, index).index, { kind: 'text', text })
    if (!seal) return
    if (this.#lane?.kind === 'thinking' && !this.#lane.seal) this.#lane.seal = seal
    else this.whole({ kind: 'thinking', text: '', form: 'redacted', seal })
  }

  refuse(said: string): void {
    if (said === '') return
    this.hasRefusal = true
    this.#say(this.#enter({ kind: 'refusal', text: '' }).index, { kind: 'text', text: said })
  }

  speak(part: MediaPart, deltas: readonly Delta[]): void {
    const into = this.#enter(part)
    for (const delta of deltas) this.#say(into.index, delta)
  }

  cite(annotation: Record<string, unknown>): void {
    // Without an open text there is nothing that the citation could belong to.
    if (this.#lane?.kind !== 'text') return
    this.#say(this.#lane.index, { kind: 'citation', citation: readAnnotation(annotation, this.#textBase) })
  }

  whole(part: Part): void {
    this.leave()
    this.calls.closeWhole()
    this.#close(this.#open(part))
  }

  sign(data: string): void {
    if (this.calls.count > 0) this.calls.sign(data)
    else this.#messageSeal = thoughtSeal(data)
  }

  leave(): void {
    const lane = this.#lane
    if (!lane) return
    if (lane.kind === 'text') {
      this.#textBase += lane.points
      lane.seal ??= this.#messageSeal
      this.#messageSeal = undefined
    }
    this.#close(lane.index, lane.seal)
    this.#lane = undefined
  }

  #enter(part: Part, detail?: number): Lane {
    const before = this.#lane
    const goesOn = detail === undefined || before?.detail === undefined || before.detail === detail
    if (before?.kind === part.kind && goesOn) return before
    this.leave()
    this.calls.closeWhole()
    const lane: Lane = { kind: part.kind, index: this.#open(part), detail, seal: undefined, points: 0 }
    this.#lane = lane
    return lane
  }

  #open(part: Part): number {
    const index = this.#stage.nextIndex()
    this.hasContent = true
    this.#stage.emit({ type: 'open', index, part, ...(this.#choice > 0 && { choice: this.#choice }) })
    return index
  }

  #say(index: number, delta: Delta): void {
    this.#stage.emit({ type: 'delta', index, delta })
  }

  #close(index: number, seal?: Seal): void {
    this.#stage.emit({ type: 'close', index, ...(seal && { seal }) })
  }
}

const emptyText: Part = { kind: 'text', text: '' }
