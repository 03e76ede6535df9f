import type { ChatEvent, DeltaEvent } from '../../model/event.ts'
import type { Citation, Part, Seal, TokenLogprob } from '../../model/part.ts'
import type { Stop } from '../../model/reply.ts'
import type { ChatRequest } from '../../model/request.ts'
import { writeFinish } from './finish.ts'
import { GroundingWriter } from './grounding-write.ts'
import { writeLogprobs } from './logprobs.ts'
import { isGrounding, signed, writeCall, writeMedia, writeOpaque, writeTrace } from './parts-write.ts'
import type { WireCandidate, WirePart } from './shapes.ts'

/** A part on its way to the reader, and which of the answers it belongs to. */
export interface Piece {
  readonly choice: number
  readonly part: WirePart
}

/** The part that is open: events are sequential, so there is one at most. */
interface Opened {
  readonly part: Part
  readonly choice: number
  /** What was said of it, text or arguments. */
  said: string
  citations: Citation[]
}

/** What is told of a candidate at its end. */
interface Ending {
  readonly grounding: GroundingWriter
  readonly logprobs: TokenLogprob[]
  /** Bytes of visible text so far. */
  textBytes: number
}

/** Turns events into parts. Streams send each at once; a unary answer gathers them. */
export class AnswerWriter {
  readonly #ask: ChatRequest
  readonly #showsThoughts: boolean
  readonly #endings: Ending[] = []
  #opened: Opened | undefined

  constructor(ask: ChatRequest) {
    this.#ask = ask
    this.#showsThoughts = ask.thinking.show === 'summary'
  }

  push(event: ChatEvent): readonly Piece[] {
    if (event.type === 'open') return this.#open(event.part, event.choice ?? 0)
    const opened = this.#opened
    if (!opened || (event.type !== 'delta' && event.type !== 'close')) return []
    if (event.type === 'delta') return this.#delta(opened, event.delta)
    this.#opened = undefined
    return this.#close(opened, event.seal ?? opened.part.seal)
  }

  /** The last candidates, each with its finish reason and a part to hold it: clients forget a turn whose last chunk has none. */
  finish(stop: Stop, others: readonly Stop[] = []): readonly WireCandidate[] {
    return [stop, ...others].map((one, index) => {
      const { grounding, logprobs, textBytes } = this.#ending(index)
      const groundingMetadata = grounding.result()
      const words = one.explanation
      return {
        content: { role: 'model', parts: [{ text: one.reason === 'refusal' && textBytes === 0 ? (words ?? '') : '' }] },
        finishReason: writeFinish(one),
        ...(words !== undefined && { finishMessage: words }),
        index,
        ...(groundingMetadata && { groundingMetadata }),
        ...(logprobs.length > 0 && { logprobsResult: writeLogprobs(logprobs) }),
      }
    })
  }

  #open(part: Part, choice: number): readonly Piece[] {
    this.#opened = { part, choice, said: '', citations: [] }
    return 'text' in part && part.text ? this.#words(this.#opened, part.text) : []
  }

  #delta(opened: Opened, delta: DeltaEvent['delta']): readonly Piece[] {
    switch (delta.kind) {
      case 'text':
        if (delta.logprobs && this.#ask.sampling.logprobs) this.#ending(opened.choice).logprobs.push(...delta.logprobs)
        return this.#words(opened, delta.text)
      case 'arguments':
        opened.said += delta.text
        return []
      case 'citation':
        opened.citations.push(delta.citation)
        return []
      case 'audio':
        return this.#sound(opened, delta.data)
      case 'transcript':
        return []
    }
  }

  #words(opened: Opened, text: string): readonly Piece[] {
    if (text === '') return []
    const { part, choice } = opened
    if (part.kind === 'thinking') return this.#showsThoughts ? [{ choice, part: { text, thought: true } }] : []
    if (part.kind !== 'text' && part.kind !== 'refusal') return []
    opened.said += text
    return [{ choice, part: { text } }]
  }

  #sound({ part, choice }: Opened, data: string): readonly Piece[] {
    if (part.kind !== 'media') return []
    const whole = writeMedia({ ...part, source: { kind: 'base64', data } }, { resolution: false })
    return whole ? [{ choice, part: whole }] : []
  }

  #close(opened: Opened, seal: Seal | undefined): readonly Piece[] {
    const { part, choice } = opened
    if (part.kind === 'text' || part.kind === 'refusal') this.#cite(opened)
    const written = this.#closing(opened)
    if (written) return [{ choice, part: signed(written, seal?.data) }]
    const thought = part.kind === 'thinking' && this.#showsThoughts && { thought: true }
    return seal ? [{ choice, part: { text: '', ...thought, thoughtSignature: seal.data } }] : []
  }

  /** What is told only when the part is whole. */
  #closing({ part, choice, said }: Opened): WirePart | undefined {
    switch (part.kind) {
      case 'tool_call':
        return writeCall({ ...part, arguments: part.arguments + said }, { name: part.name, id: part.id })
      case 'server_call':
      case 'server_result': {
        const trace = part.kind === 'server_call' ? { ...part, arguments: part.arguments + said } : part
        this.#ending(choice).grounding.take(trace)
        return isGrounding(part) ? undefined : writeTrace(trace)
      }
      case 'media':
        return part.source.kind === 'base64' && part.source.data === ''
          ? undefined
          : writeMedia(part, { resolution: false })
      case 'opaque':
        return writeOpaque(part)
      default:
        return undefined
    }
  }

  #cite({ choice, said, citations }: Opened): void {
    const ending = this.#ending(choice)
    ending.grounding.cite({ text: said, citations, before: ending.textBytes })
    ending.textBytes += Buffer.byteLength(said)
  }

  #ending(choice: number): Ending {
    return (this.#endings[choice] ??= { grounding: new GroundingWriter(), logprobs: [], textBytes: 0 })
  }
}
