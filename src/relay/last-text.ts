import { createHash, type Hash } from 'node:crypto'
import type { Part } from '../model/part.ts'
import type { Turn } from '../model/request.ts'

const gathered = 4_096

/**
 * The id under which the state of an answer's last text is kept, for clients that have no place for it behind that text. Made
 * from the text, which comes in pieces and is not kept, and from what it answers, so that the same words elsewhere in a
 * conversation are not taken for it.
 */
export class LastText {
  readonly #before: readonly Turn[]
  #hash: Hash | undefined
  /** Not hashed yet: most texts are short, and most have no state. */
  #pending = ''

  /** @param before the turns that the text answers */
  constructor(before: readonly Turn[]) {
    this.#before = before
  }

  add(text: string): void {
    this.#pending += text
    if (this.#pending.length >= gathered) this.#update()
  }

  id(): string {
    return `text_${this.#update().copy().digest('hex').slice(0, 40)}`
  }

  #update(): Hash {
    this.#hash ??= createHash('sha256').update(JSON.stringify(this.#asked()))
    // Half a character at the end of a piece stays itself in this encoding.
    this.#hash.update(this.#pending, 'utf16le')
    this.#pending = ''
    return this.#hash
  }

  #asked(): readonly string[] {
    return (this.#before.findLast(({ role }) => role === 'user')?.parts ?? []).map(mark)
  }
}

/** The same for a text that is there whole. */
export function lastTextId(before: readonly Turn[], text: string): string {
  const last = new LastText(before)
  last.add(text)
  return last.id()
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
