import { unitToCodePoint } from '../../model/citation.ts'
import type { Citation, TokenLogprob } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import type { Annotation, ItemStatus, OutputContent, WireLogprob } from './shapes.ts'
import type { Stage } from './stage.ts'

/** Where a part begins within the piece that it shares with the parts before it, in UTF-16 units. */
export type Mark = number

/**
 * One message item. Texts that follow one another become one piece: formats that split a text at its citations mean one text.
 * Pieces are told to be done when the message is.
 */
export class MessageWriter {
  readonly #stage: Stage
  readonly #id: string
  readonly #index: number
  readonly #content: OutputContent[] = []

  constructor(stage: Stage) {
    this.#stage = stage
    this.#id = stage.mint('msg')
    this.#index = stage.add({ id: this.#id, type: 'message', status: 'in_progress', content: [], role: 'assistant' })
  }

  get refuses(): boolean {
    return this.#content.some((piece) => piece.type === 'refusal')
  }

  /** Makes a piece of this type the last one. */
  open(type: OutputContent['type']): Mark {
    const last = this.#content.at(-1)
    if (last?.type === type) return type === 'output_text' && last.type === 'output_text' ? last.text.length : 0
    if (last) this.#closeLast()
    const piece: OutputContent =
      type === 'refusal' ? { type, refusal: '' } : { type, annotations: [], logprobs: [], text: '' }
    this.#content.push(piece)
    this.#emit('response.content_part.added', { part: piece })
    return 0
  }

  say(text: string, logprobs?: readonly TokenLogprob[]): void {
    const last = this.#content.at(-1)
    if (last?.type === 'refusal') {
      last.refusal += text
      this.#emit('response.refusal.delta', { delta: text })
    } else if (last) {
      const tokens = (logprobs ?? []).map(writeLogprob)
      last.text += text
      last.logprobs.push(...tokens)
      this.#emit('response.output_text.delta', { delta: text, logprobs: tokens })
    }
  }

  /** Offsets in the part become offsets in the piece; a citation without any covers the part from `mark` to here. */
  cite(citation: Citation, mark: Mark): void {
    const last = this.#content.at(-1)
    if (last?.type !== 'output_text') return
    const annotation = writeCitation(citation, last.text, mark)
    if (!annotation) return
    const annotationIndex = last.annotations.push(annotation) - 1
    this.#emit('response.output_text.annotation.added', { annotation_index: annotationIndex, annotation })
  }

  finish(status: ItemStatus): void {
    this.#closeLast()
    this.#stage.finish(this.#index, {
      id: this.#id,
      type: 'message',
      status,
      content: this.#content,
      role: 'assistant',
    })
  }

  #closeLast(): void {
    const last = this.#content.at(-1)
    if (last?.type === 'refusal') this.#emit('response.refusal.done', { refusal: last.refusal })
    else if (last) this.#emit('response.output_text.done', { text: last.text, logprobs: last.logprobs })
    if (last) this.#emit('response.content_part.done', { part: last })
  }

  #emit(type: string, fields: Record<string, unknown>): void {
    const place = { item_id: this.#id, output_index: this.#index, content_index: this.#content.length - 1 }
    this.#stage.emit(type, { ...place, ...fields })
  }
}

function writeCitation(citation: Citation, text: string, mark: Mark): Annotation | undefined {
  if (citation.kind === 'native')
    return citation.dialect === 'openai-responses' && isRecord(citation.value) ? citation.value : undefined
  const from = unitToCodePoint(text, mark)
  return {
    type: 'url_citation',
    start_index: from + (citation.start ?? 0),
    end_index: citation.end === undefined ? unitToCodePoint(text, text.length) : from + citation.end,
    title: citation.title ?? '',
    url: citation.url,
  }
}

const bytesOf = (token: string, bytes: readonly number[] | undefined): readonly number[] =>
  bytes ?? [...Buffer.from(token)]

const writeLogprob = ({ token, logprob, bytes, top }: TokenLogprob): WireLogprob => ({
  token,
  logprob,
  bytes: bytesOf(token, bytes),
  top_logprobs: (top ?? []).map((other) => ({ ...other, bytes: bytesOf(other.token, other.bytes) })),
})
