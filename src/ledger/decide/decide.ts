import type { Answer, Answers } from '../answer.ts'
import type { Command, CommandOf, Verb } from '../command.ts'
import type { Changes, Context, State } from '../state.ts'
import { wrongIn } from './check.ts'
import { type Draft, draftOf } from './draft.ts'
import { settle, sweep, voidReservation } from './end.ts'
import { checkpoint, extend, reserve } from './hold.ts'
import { giveBack } from './lease.ts'
import { adjust, credit, open } from './move.ts'

export interface Decision {
  readonly changes: Changes
  /** One a command, in their order. */
  readonly answers: readonly Answer[]
  /**
   * Accounts that must be read whole before any of this is true: there is too little on what was read of them. None
   * where nothing is leased.
   */
  readonly wanting: readonly string[]
}

/**
 * The whole of the ledger's judgement: given what the commands touch, what is to be written and answered. Commands take
 * effect in their order; each is all or nothing.
 */
export function decide(state: State, commands: readonly Command[], context: Context): Decision {
  const draft = draftOf(state, context)
  const answers = commands.map((command) => answer(draft, command))
  return { changes: draft.changes(), answers, wanting: draft.wanting() }
}

const verbs: { readonly [V in Verb]: (draft: Draft, command: CommandOf<V>) => Answers[V] } = {
  open,
  credit,
  adjust,
  reserve,
  extend,
  checkpoint,
  settle,
  void: voidReservation,
  sweep,
  return: giveBack,
}

function answer(draft: Draft, command: Command): Answer {
  const wrong = wrongIn(command)
  if (wrong !== undefined) return { is: 'invalid', what: wrong }
  // The table is keyed by the verb, so the function under a command's verb takes that command.
  const run = verbs[command.do] as (draft: Draft, command: Command) => Answer
  return run(draft, command)
}
