import { type Fault, fault } from '../../model/fault.ts'
import type { Part, TokenLogprob } from '../../model/part.ts'
import type { Stop } from '../../model/reply.ts'
import { type Listener, readDelta } from './delta-read.ts'
import { word } from './reading.ts'
import { finishFault, readStop } from './stop.ts'
import { type Stage, type Teller, teller } from './teller.ts'
import { type Tagged, type ThinkTags, thinkTags } from './think-tags.ts'

/** One of the answers of a stream: takes its deltas, tells its parts. A whole message is one delta. */
export interface ChoiceReader {
  push(choice: Record<string, unknown>): void
  /** A part that comes whole and stands before what follows. */
  whole(part: Part): void
  /** Closes what is open. The fault, when the answer turns out to be broken. */
  end(): Fault | undefined
  readonly stop: Stop
  readonly hasFinished: boolean
}

/** What the answers of one stream share, and how they are read. */
export interface ChoiceStage extends Stage {
  readonly hasThinkTags: boolean
}

export const choiceReader = (stage: ChoiceStage, choice: number): ChoiceReader => new DeltaReader(stage, choice)

class DeltaReader implements ChoiceReader, Listener {
  readonly teller: Teller
  readonly newId: () => string
  readonly #tags: ThinkTags | undefined
  #finish: string | undefined

  constructor(stage: ChoiceStage, choice: number) {
    this.teller = teller(stage, choice)
    this.newId = stage.newId
    this.#tags = stage.hasThinkTags ? thinkTags() : undefined
  }

  get stop(): Stop {
    const { calls, hasRefusal } = this.teller
    return readStop(this.#finish, { hasCalls: calls.count > 0, hasRefusal })
  }

  get hasFinished(): boolean {
    return this.#finish !== undefined
  }

  push(said: Record<string, unknown>): void {
    readDelta(said, this)
    // Said twice by some; the first is the one that belongs to the answer.
    this.#finish ??= word(said.finish_reason)
  }

  whole(part: Part): void {
    this.teller.whole(part)
  }

  end(): Fault | undefined {
    if (this.#tags) this.#tell(this.#tags.end())
    this.teller.leave()
    const unnamed = this.teller.calls.end()
    const broken = (this.#finish === undefined ? undefined : finishFault(this.#finish)) ?? unnamed
    if (broken) return broken
    return this.#finish === undefined && !this.teller.hasContent
      ? fault('bad_gateway', 'The upstream answered with nothing.')
      : undefined
  }

  content(text: string, logprobs?: readonly TokenLogprob[]): void {
    if (this.#tags) this.#tell(this.#tags.push(text))
    else this.teller.text(text, logprobs)
  }

  #tell(pieces: readonly Tagged[]): void {
    for (const { kind, text } of pieces)
      if (kind === 'text') this.teller.text(text)
      else this.teller.think({ text, form: 'raw' })
  }
}
