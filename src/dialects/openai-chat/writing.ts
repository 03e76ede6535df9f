import { type Fault, fault } from '../../model/fault.ts'
import { textOf } from '../../model/history.ts'
import { changed, dropped, type Loss } from '../../model/loss.ts'
import type { ChatRequest } from '../../model/request.ts'
import type { ToolNames } from '../../model/tools/name.ts'
import type { Target } from '../dialect.ts'
import type { ChatQuirks } from './quirks.ts'

/** What the writers of one request share: whom it is for, what could not be carried, what must be refused. */
export interface Writing {
  readonly request: ChatRequest
  readonly target: Target<ChatQuirks>
  readonly quirks: ChatQuirks
  readonly names: ToolNames
  drop(field: string): void
  change(field: string): void
  /** Losses that another pass has named. */
  lose(losses: readonly Loss[]): void
  /** What would change the meaning. The first is told. */
  refuse(what: string, param: string): void
  /** A sentence for the instructions, where no field says it. */
  instruct(sentence: string): void
  readonly lost: readonly Loss[]
  readonly fault: Fault | undefined
  readonly instructions: readonly string[]
}

export function writing(request: ChatRequest, target: Target<ChatQuirks>, names: ToolNames): Writing {
  const lost: Loss[] = []
  const instructions: string[] = []
  let refused: Fault | undefined
  return {
    request,
    target,
    quirks: target.quirks,
    names,
    drop: (field) => void lost.push(dropped(field)),
    change: (field) => void lost.push(changed(field)),
    lose: (losses) => void lost.push(...losses),
    refuse(what, param) {
      refused ??= fault('unsupported', `The model ${request.model} does not support ${what}.`, { param })
    },
    instruct: (sentence) => void instructions.push(sentence),
    lost,
    get fault() {
      return refused
    },
    instructions,
  }
}

/** Whether the word stands anywhere in what the model is told. */
export const mentions = ({ request, instructions }: Writing, pattern: RegExp): boolean =>
  [textOf(request.system), ...request.turns.map((turn) => textOf(turn.parts)), ...instructions].some((text) =>
    pattern.test(text),
  )
