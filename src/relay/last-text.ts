import { createHash } from 'node:crypto'
import type { Part } from '../model/part.ts'
import type { Turn } from '../model/request.ts'

/**
 * The id under which the state of an answer's last text is kept, for clients that have no place for it behind that text. Made
 * from the text and what it answers, so that the same words elsewhere in a conversation are not taken for it.
 * @param before the turns that the text answers.
 */
export function lastTextId(before: readonly Turn[], text: string): string {
  const asked = before.findLast(({ role }) => role === 'user')?.parts ?? []
  return `text_${createHash('sha256')
    .update(JSON.stringify([asked.map(mark), text]))
    .digest('hex')
    .slice(0, 40)}`
}

/** What stays the same of a part however often the client sends it again: cache marks move on. */
function mark(part: Part): string {
  if (part.kind === 'text') return part.text
  return part.kind === 'tool_result' ? part.id : part.kind
}

/** The last text of every answer in a history, by the index of its turn. */
export const lastTextIds = (turns: readonly Turn[]): ReadonlyMap<number, string> =>
  new Map(
    turns.flatMap((turn, at) => {
      const last = turn.role === 'assistant' ? turn.parts.at(-1) : undefined
      return last?.kind === 'text' && !last.seal ? [[at, lastTextId(turns.slice(0, at), last.text)] as const] : []
    }),
  )
