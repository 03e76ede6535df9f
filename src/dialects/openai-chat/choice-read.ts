import { type Fault, fault } from '../../model/fault.ts'
import type { Part } from '../../model/part.ts'
import type { Stop } from '../../model/reply.ts'
import { readDelta } from './delta-read.ts'
import { word } from './reading.ts'
import { finishFault, readStop } from './stop.ts'
import { type Stage, teller } from './teller.ts'
import { thinkTags } from './think-tags.ts'

/** One of the answers of a stream: takes its deltas, tells its parts. A whole message is one delta. */
export interface ChoiceReader {
  push(choice: Record<string, unknown>): void
  /** A part that comes whole and stands before what follows. */
  whole(part: Part): void
  /** Closes what is open. The fault, when the answer turns out to be broken. */
  end(): Fault | undefined
  readonly stop: Stop
  readonly hasFinished: boolean
  readonly hasContent: boolean
}

export function choiceReader(stage: Stage & { readonly hasThinkTags: boolean }, choice: number): ChoiceReader {
  const told = teller(stage, choice)
  const tags = stage.hasThinkTags ? thinkTags() : undefined
  let finish: string | undefined

  const tell = (pieces: ReturnType<NonNullable<typeof tags>['push']>): void => {
    for (const { kind, text } of pieces) kind === 'text' ? told.text(text) : told.think({ text, form: 'raw' })
  }
  const content = tags ? (text: string): void => tell(tags.push(text)) : told.text

  return {
    push(said) {
      readDelta(said, { teller: told, content, newId: stage.newId })
      // Said twice by some; the first is the one that belongs to the answer.
      finish ??= word(said.finish_reason)
    },
    whole: told.whole,
    end() {
      if (tags) tell(tags.end())
      told.leave()
      const unnamed = told.calls.end()
      const broken = finish === undefined ? undefined : finishFault(finish)
      if (broken ?? unnamed) return broken ?? unnamed
      return finish === undefined && !told.hasContent
        ? fault('bad_gateway', 'The upstream answered with nothing.')
        : undefined
    },
    get stop() {
      return readStop(finish, { hasCalls: told.calls.count > 0, hasRefusal: told.hasRefusal })
    },
    get hasFinished() {
      return finish !== undefined
    },
    get hasContent() {
      return told.hasContent
    },
  }
}
