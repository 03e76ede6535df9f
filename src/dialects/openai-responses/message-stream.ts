import { readAnnotation, readContent, readLogprobs } from './content-read.ts'
import { type ItemStream, missing } from './item-stream.ts'
import { filled, listOf, recordOf } from './reading.ts'
import type { Teller } from './teller.ts'

interface Piece {
  readonly index: number
  readonly kind: 'text' | 'refusal'
  told: string
  citations: number
  isOpen: boolean
}

/** A message while it is told. Its pieces open with their first word, so that an empty one leaves no part behind. */
export class MessageStream implements ItemStream {
  readonly type = 'message'
  id: string | undefined
  readonly #teller: Teller
  readonly #pieces = new Map<number, Piece>()
  isDone = false

  constructor(teller: Teller) {
    this.#teller = teller
  }

  begin(): void {}

  say(type: string, frame: Record<string, unknown>): void {
    if (this.isDone) return
    const at = typeof frame.content_index === 'number' ? frame.content_index : 0
    if (type === 'response.output_text.annotation.added') this.#cite(at, frame.annotation)
    else
      this.#tell(at, type === 'response.refusal.delta' ? 'refusal' : 'text', filled(frame.delta) ?? '', frame.logprobs)
  }

  finish(item: Record<string, unknown>): void {
    if (this.isDone) return
    for (const [at, content] of listOf(item.content).entries()) this.#complete(at, content)
    this.abandon()
  }

  abandon(): void {
    this.isDone = true
    for (const piece of this.#pieces.values()) this.#close(piece)
  }

  #tell(at: number, kind: Piece['kind'], text: string, logprobs?: unknown): void {
    if (text === '') return
    const piece = this.#pieces.get(at) ?? this.#open(at, kind)
    const tokens = kind === 'text' ? readLogprobs(logprobs) : []
    piece.told += text
    this.#teller.delta(piece.index, { kind: 'text', text, ...(tokens.length > 0 && { logprobs: tokens }) })
  }

  #open(at: number, kind: Piece['kind']): Piece {
    for (const before of this.#pieces.values()) this.#close(before)
    const piece = { index: this.#teller.open({ kind, text: '' }), kind, told: '', citations: 0, isOpen: true }
    this.#pieces.set(at, piece)
    return piece
  }

  #cite(at: number, annotation: unknown): void {
    const piece = this.#pieces.get(at)
    if (!piece?.isOpen || piece.kind !== 'text') return
    piece.citations++
    this.#teller.delta(piece.index, { kind: 'citation', citation: readAnnotation(recordOf(annotation)) })
  }

  /** What the finished piece has and nobody told. */
  #complete(at: number, content: unknown): void {
    const [part] = readContent([content], 'content', this.#teller.reading)
    if (part?.kind !== 'text' && part?.kind !== 'refusal') return
    const told = this.#pieces.get(at)
    if (told && !told.isOpen) return
    this.#tell(at, part.kind, missing(told?.told ?? '', part.text), told ? undefined : recordOf(content).logprobs)
    const annotations = listOf(recordOf(content).annotations)
    for (const annotation of annotations.slice(told?.citations ?? 0)) this.#cite(at, annotation)
  }

  #close(piece: Piece): void {
    if (!piece.isOpen) return
    piece.isOpen = false
    this.#teller.close(piece.index)
  }
}
