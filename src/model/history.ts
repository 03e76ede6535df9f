import type { Passed } from './history/passed.ts'
import { changed } from './loss.ts'
import type { Part, TextPart } from './part.ts'
import type { Turn } from './request.ts'

export { asText } from './history/as-text.ts'
export { mergeTurns } from './history/merge-turns.ts'
export { pairCalls } from './history/pair-calls.ts'
export type { Passed } from './history/passed.ts'

/** The text of some parts as one. */
export const textOf = (parts: readonly Part[]): string =>
  parts
    .filter((part) => part.kind === 'text')
    .map((part) => part.text)
    .join('\n\n')

/** Leaves out blank texts and thoughts that carry no state, also within results, and turns of which nothing remains. */
export function dropEmpty(turns: readonly Turn[]): readonly Turn[] {
  const kept = turns.map((turn) => {
    const parts = saidParts(turn.parts)
    return parts === turn.parts ? turn : { ...turn, parts }
  })
  const filled = kept.filter((turn) => turn.parts.length > 0)
  const isSame = filled.length === turns.length && filled.every((turn, at) => turn === turns[at])
  return isSame ? turns : filled
}

function saidParts(parts: readonly Part[]): readonly Part[] {
  const said = parts.filter((part) => !isBlank(part)).map(withoutBlankContent)
  return said.length === parts.length && said.every((part, at) => part === parts[at]) ? parts : said
}

const isBlank = (part: Part): boolean =>
  (part.kind === 'text' || part.kind === 'thinking' || part.kind === 'refusal') && !part.seal && part.text.trim() === ''

function withoutBlankContent(part: Part): Part {
  if (part.kind !== 'tool_result') return part
  const parts = saidParts(part.parts)
  return parts === part.parts ? part : { ...part, parts }
}

/** Puts a user's turn before a history that begins with another, or is empty. */
export const startWithUser = (turns: readonly Turn[]): readonly Turn[] =>
  turns[0]?.role === 'user' ? turns : [userSays('(conversation resumed)'), ...turns]

/** Instructions in the middle of the turns as a user's text that models know for one, for targets without such turns. */
export function systemTurnsAsUser(turns: readonly Turn[]): Passed {
  if (turns.every((turn) => turn.role !== 'system')) return { turns, lost: [] }
  const lost = turns.flatMap((turn, at) => (turn.role === 'system' ? [changed(`messages[${at}]`)] : []))
  return { turns: turns.flatMap((turn) => (turn.role === 'system' ? reminder(turn) : [turn])), lost }
}

function reminder(turn: Turn): Turn[] {
  const text = textOf(turn.parts)
  const others = turn.parts.filter((part) => part.kind !== 'text')
  const cache = turn.parts.findLast((part) => part.kind === 'text' && part.cache)?.cache
  const said: TextPart = {
    kind: 'text',
    text: `<system-reminder>\n${text}\n</system-reminder>`,
    ...(cache && { cache }),
  }
  const parts = text.trim() === '' ? others : [said, ...others]
  return parts.length === 0 ? [] : [{ role: 'user', parts }]
}

/** Asks to go on after an assistant's turn at the end, for models that do not continue one. */
export function answerPrefill(turns: readonly Turn[]): Passed {
  if (turns.at(-1)?.role !== 'assistant') return { turns, lost: [] }
  return { turns: [...turns, userSays('Continue.')], lost: [changed(`messages[${turns.length - 1}]`)] }
}

const userSays = (text: string): Turn => ({ role: 'user', parts: [{ kind: 'text', text }] })
