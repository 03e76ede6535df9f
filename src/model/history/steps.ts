import type { ToolCallPart } from '../part.ts'
import type { Turn } from '../request.ts'
import { mergeTurns } from './merge-turns.ts'

/** One round of a conversation: what the assistant said, its calls, and all turns up to the assistant's next one. */
export interface Step {
  readonly said: readonly Turn[]
  /** `turn` is the index in the whole history. */
  readonly calls: readonly { readonly part: ToolCallPart; readonly turn: number }[]
  readonly followed: readonly { readonly turn: Turn; readonly at: number }[]
}

/** The turns in rounds; the first has an assistant's turn only if the history begins with one. */
export function steps(turns: readonly Turn[]): Step[] {
  const found: Step[] = []
  let at = 0
  while (at < turns.length) {
    const start = at
    while (turns[at]?.role === 'assistant') at++
    const answer = at
    while (at < turns.length && turns[at]?.role !== 'assistant') at++
    const said = turns.slice(start, answer)
    const calls = said.flatMap((turn, offset) =>
      turn.parts.filter((part) => part.kind === 'tool_call').map((part) => ({ part, turn: start + offset })),
    )
    const followed = turns.slice(answer, at).map((turn, offset) => ({ turn, at: answer + offset }))
    found.push({ said: together(said), calls, followed })
  }
  return found
}

/** Results follow the last of the assistant's turns, so calls in an earlier one would be cut off from theirs. */
function together(said: readonly Turn[]): readonly Turn[] {
  const hasEarlyCall = said.slice(0, -1).some((turn) => turn.parts.some((part) => part.kind === 'tool_call'))
  return hasEarlyCall ? mergeTurns(said) : said
}
