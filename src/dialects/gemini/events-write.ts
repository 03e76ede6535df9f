import type { ChatEvent } from '../../model/event.ts'
import type { ChatRequest } from '../../model/request.ts'
import { noUsage } from '../../model/usage.ts'
import type { EventWriter, WriteContext } from '../dialect.ts'
import { AnswerWriter, type Piece } from './answer-writer.ts'
import { errorBody } from './fault.ts'
import { writeUsage } from './usage.ts'

/**
 * Every chunk is a whole answer object with the role and at least one part; the last has the finish reason and the usage.
 * No event names, no comments, no end mark: the vendor's SDK reads none of them.
 */
export function eventWriter(ask: ChatRequest, context: WriteContext): EventWriter {
  return new StreamWriter(ask, context)
}

class StreamWriter implements EventWriter {
  readonly #answer: AnswerWriter
  readonly #framing: Framing
  readonly #requestId: string
  /** The members that every chunk ends in, as JSON: they never change. */
  readonly #tail: string
  #usage = noUsage
  #isOver = false

  constructor(ask: ChatRequest, context: WriteContext) {
    this.#answer = new AnswerWriter(ask)
    this.#framing = ask.stream === 'json-array' ? new ArrayFraming() : sseFraming
    this.#requestId = context.requestId
    this.#tail = `"modelVersion":${JSON.stringify(ask.model)},"responseId":${JSON.stringify(context.newId())}`
  }

  push(event: ChatEvent): string {
    if (this.#isOver) return ''
    if (event.type === 'usage') this.#usage = event.usage
    if (event.type === 'stop') return this.#stop(event)
    if (event.type !== 'fault')
      return this.#answer
        .push(event)
        .map((piece) => this.#chunk(piece))
        .join('')
    this.#isOver = true
    return this.#framing.frame(JSON.stringify(errorBody(event.fault, this.#requestId))) + this.#framing.end()
  }

  /** Written as text: this runs once for every few words. */
  #chunk({ choice, part }: Piece): string {
    const candidate = `{"content":{"role":"model","parts":[${JSON.stringify(part)}]},"index":${choice}}`
    return this.#framing.frame(`{"candidates":[${candidate}],${this.#tail}}`)
  }

  #stop({ stop, others, tier }: Extract<ChatEvent, { type: 'stop' }>): string {
    this.#isOver = true
    const candidates = JSON.stringify(this.#answer.finish(stop, others))
    const usage = JSON.stringify(writeUsage(this.#usage, tier))
    return (
      this.#framing.frame(`{"candidates":${candidates},"usageMetadata":${usage},${this.#tail}}`) + this.#framing.end()
    )
  }
}

interface Framing {
  frame(json: string): string
  end(): string
}

const sseFraming: Framing = { frame: (json) => `data: ${json}\r\n\r\n`, end: () => '' }

/** One array, told element by element; a valid one however the answer ends. */
class ArrayFraming implements Framing {
  #isEmpty = true

  frame(json: string): string {
    const before = this.#isEmpty ? '[' : ',\r\n'
    this.#isEmpty = false
    return before + json
  }

  end(): string {
    return this.#isEmpty ? '[]' : ']'
  }
}
