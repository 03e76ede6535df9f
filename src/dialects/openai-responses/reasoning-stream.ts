import type { Seal, ThinkingPart } from '../../model/part.ts'
import { reasoningText, seal } from './item-read.ts'
import { type ItemStream, missing } from './item-stream.ts'
import { filled } from './reading.ts'
import type { Teller } from './teller.ts'

/** A thought while it is told: one part, the sections of a digest joined by blank lines. */
export class ReasoningStream implements ItemStream {
  readonly type = 'reasoning'
  id: string | undefined
  readonly #teller: Teller
  #open: { readonly index: number; readonly form: ThinkingPart['form'] } | undefined
  #told = ''
  #section = 0
  isDone = false

  constructor(teller: Teller) {
    this.#teller = teller
  }

  begin(): void {}

  say(type: string, frame: Record<string, unknown>): void {
    if (this.isDone) return
    const form = type === 'response.reasoning_text.delta' ? 'raw' : 'summary'
    const section = typeof frame.summary_index === 'number' ? frame.summary_index : 0
    const isNext = form === 'summary' && section !== this.#section && this.#told !== ''
    this.#section = section
    this.#tell(form, (isNext ? '\n\n' : '') + (filled(frame.delta) ?? ''))
  }

  /** The encrypted state is taken from here alone: when the item was added it may have been a part of it. */
  finish(item: Record<string, unknown>): void {
    if (this.isDone) return
    const said = reasoningText(item)
    if (said && (this.#open === undefined || this.#open.form === said.form))
      this.#tell(said.form, missing(this.#told, said.text))
    this.#close(seal(item, 'encrypted').seal)
  }

  abandon(): void {
    this.#close(undefined)
  }

  #tell(form: 'raw' | 'summary', text: string): void {
    if (text === '' || (this.#open && this.#open.form !== form)) return
    this.#open ??= { index: this.#teller.open({ kind: 'thinking', text: '', form }), form }
    this.#told += text
    this.#teller.delta(this.#open.index, { kind: 'text', text })
  }

  #close(found: Seal | undefined): void {
    if (this.isDone) return
    this.isDone = true
    if (this.#open) this.#teller.close(this.#open.index, found)
    else if (found) this.#teller.whole({ kind: 'thinking', text: '', form: 'redacted', seal: found })
  }
}
