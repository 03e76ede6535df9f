import { type Fault, fault } from '../../model/fault.ts'
import { textOf } from '../../model/history.ts'
import { changed, dropped, type Loss } from '../../model/loss.ts'
import type { ChatRequest } from '../../model/request.ts'
import type { ToolNames } from '../../model/tools/name.ts'
import type { Target } from '../dialect.ts'
import type { ChatQuirks } from './quirks.ts'

/** What the writers of one request share: whom it is for, what could not be carried, what must be refused. */
export class Writing {
  readonly request: ChatRequest
  readonly target: Target<ChatQuirks>
  readonly quirks: ChatQuirks
  readonly names: ToolNames
  readonly lost: Loss[] = []
  readonly instructions: string[] = []
  #fault: Fault | undefined

  // Fields and not methods, because writers take them out by their names.
  readonly drop = (field: string): void => void this.lost.push(dropped(field))
  readonly change = (field: string): void => void this.lost.push(changed(field))
  /** Losses that another pass has named. */
  readonly lose = (losses: readonly Loss[]): void => void this.lost.push(...losses)
  /** What would change the meaning. The first is told. */
  readonly refuse = (what: string, param: string): void => {
    this.#fault ??= fault('unsupported', `The model ${this.request.model} does not support ${what}.`, { param })
  }
  /** A sentence for the instructions, where no field says it. */
  readonly instruct = (sentence: string): void => void this.instructions.push(sentence)

  constructor(request: ChatRequest, target: Target<ChatQuirks>, names: ToolNames) {
    this.request = request
    this.target = target
    this.quirks = target.quirks
    this.names = names
  }

  get fault(): Fault | undefined {
    return this.#fault
  }
}

/** For one request. */
export const writing = (request: ChatRequest, target: Target<ChatQuirks>, names: ToolNames): Writing =>
  new Writing(request, target, names)

/** Whether the word stands anywhere in what the model is told. */
export const mentions = ({ request, instructions }: Writing, pattern: RegExp): boolean =>
  [textOf(request.system), ...request.turns.map((turn) => textOf(turn.parts)), ...instructions].some((text) =>
    pattern.test(text),
  )
