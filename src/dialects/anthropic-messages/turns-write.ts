import type { Capabilities } from '../../model/capability.ts'
import {
  answerPrefill,
  dropEmpty,
  mergeTurns,
  type Passed,
  pairCalls,
  startWithUser,
  systemTurnsAsUser,
} from '../../model/history.ts'
import type { Part } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import type { Concessions } from '../concessions.ts'
import { carried, type Writing, writeParts } from './parts-write.ts'
import type { WireMessage } from './shapes.ts'

/**
 * The turns in the order and shape that the vendor accepts: calls answered in the next turn, roles alternating, a user first,
 * nothing blank, and at the end either a user or a beginning of an answer that the model may go on from.
 */
export function lawfulTurns(turns: readonly Turn[], capabilities: Capabilities, given: Concessions): readonly Turn[] {
  const pass = (passed: Passed): readonly Turn[] => {
    given.add(passed.lost)
    return passed.turns
  }
  if (turns.some((turn) => turn.phase !== undefined)) given.drop('phase')
  const known = turns.map((turn) => ({
    ...turn,
    parts: turn.parts.flatMap((part) => carried(turn.role === 'assistant' ? answered(part, given) : part, given) ?? []),
  }))
  const seated = capabilities.systemTurns ? known : pass(systemTurnsAsUser(known))
  const paired = pass(pairCalls(mergeTurns(dropEmpty(named(seated)))))
  const begun = startWithUser(mergeTurns(paired))
  if (!endsWithText(begun)) return begun
  return capabilities.prefill ? trimmed(begun) : pass(answerPrefill(begun))
}

/** Answers hold no media here; what was said remains as words. */
function answered(part: Part, given: Concessions): Part {
  if (part.kind !== 'media') return part
  given.drop(part.media)
  return { kind: 'text', text: part.transcript ?? `[${part.media}]` }
}

/** Speakers' names have no field here. */
const named = (turns: readonly Turn[]): readonly Turn[] =>
  turns.map((turn) => {
    const at = turn.name === undefined ? -1 : turn.parts.findIndex((part) => part.kind === 'text')
    if (at < 0) return turn
    const parts = turn.parts.map(
      (part, index): Part =>
        index === at && part.kind === 'text' ? { ...part, text: `[${turn.name}] ${part.text}` } : part,
    )
    return { ...turn, parts }
  })

/** An answer that the client began. One that ends in the vendor's own tool trace is paused, and goes on as it is. */
function endsWithText(turns: readonly Turn[]): boolean {
  const last = turns.at(-1)
  return last?.role === 'assistant' && last.parts.at(-1)?.kind === 'text'
}

/** White space at the end of a begun answer is refused. */
function trimmed(turns: readonly Turn[]): readonly Turn[] {
  const last = turns.at(-1)
  const part = last?.parts.at(-1)
  if (!last || part?.kind !== 'text') return turns
  const text = part.text.trimEnd()
  return [...turns.slice(0, -1), { ...last, parts: [...last.parts.slice(0, -1), { ...part, text }] }]
}

/** The messages. */
export const writeTurns = (turns: readonly Turn[], writing: Writing): readonly WireMessage[] =>
  turns.map((turn) => ({
    role: turn.role,
    content: writeParts(turn.parts, writing),
    ...(writing.isOwn && turn.native),
  }))
