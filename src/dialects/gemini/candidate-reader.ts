import type { ChatEvent } from '../../model/event.ts'
import type { Part, Seal, TextPart, ThinkingPart } from '../../model/part.ts'
import type { Stop } from '../../model/reply.ts'
import { readStop } from './finish.ts'
import { readSearchTrace, searchesIn } from './grounding-read.ts'
import type { PartIds } from './part-ids.ts'
import { isPartial, PartialCall } from './partial-call.ts'
import { readPart } from './parts-read.ts'
import { type Message, memberOf, readList, readMessage, readText } from './proto.ts'
import { closeRun, LogprobsOnce, type Run, textDelta } from './run.ts'

/** Counts the parts of all candidates of one answer. */
export interface Counter {
  next: number
}

/**
 * Reads one of the answers, chunk by chunk. A run stays open until the next part or the end, because its signature may
 * come on an empty text part behind it and its sources with the last chunk.
 */
export class CandidateReader {
  readonly #choice: number
  readonly #counter: Counter
  readonly #ids: PartIds
  #run: Run | undefined
  #call: PartialCall | undefined
  #grounding: Message = {}
  #hasSearchTrace = false
  #hasCalls = false
  #hasContent = false
  #end: { readonly word: string; readonly message: string | undefined } | undefined

  constructor(place: { readonly choice: number; readonly counter: Counter; readonly ids: PartIds }) {
    this.#choice = place.choice
    this.#counter = place.counter
    this.#ids = place.ids
  }

  /** What comes after the finish reason is ignored. */
  take(candidate: Message): ChatEvent[] {
    if (this.#end) return []
    this.#grounding = readMessage(candidate.groundingMetadata) ?? this.#grounding
    const chunk = new LogprobsOnce(candidate)
    const events = readList(memberOf(candidate, 'content').parts).flatMap((part) => this.#takePart(part, chunk))
    if (this.#run?.kind === 'text') events.push(...textDelta(this.#run, '', chunk))
    const word = readText(candidate.finishReason)
    if (word !== undefined && !word.endsWith('_UNSPECIFIED'))
      this.#end = { word, message: readText(candidate.finishMessage) }
    return events
  }

  /** Closes what is open and tells the search, when the answer has ended. */
  close(): ChatEvent[] {
    const events = [...this.#finishCall(), ...this.#closeRun()]
    const trace = readSearchTrace(this.#grounding, this.#ids.run())
    const isToldAlready =
      this.#hasSearchTrace && !trace.some((part) => part.kind === 'server_result' && part.hits?.length)
    return isToldAlready ? events : [...events, ...trace.flatMap((part) => this.#tell(part))]
  }

  get hasContent(): boolean {
    return this.#hasContent
  }

  get searches(): number {
    return searchesIn(this.#grounding)
  }

  /** Undefined until the finish reason was seen. */
  get stop(): Stop | undefined {
    return this.#end && this.stopBy(this.#end.word)
  }

  stopBy(word: string): Stop {
    return readStop({ word, message: this.#end?.message, hasCalls: this.#hasCalls, hasContent: this.#hasContent })
  }

  #takePart(part: Message, chunk: LogprobsOnce): ChatEvent[] {
    const call = readMessage(part.functionCall)
    if (call) return this.#takeCall(part, call)
    const read = readPart(part, this.#ids)
    if (!read) return []
    const before = this.#finishCall()
    if (read.kind === 'text' || read.kind === 'thinking') return [...before, ...this.#takeText(read, chunk)]
    return [...before, ...(isSound(read) ? this.#takeSound(read) : this.#tell(read))]
  }

  #takeCall(part: Message, call: Message): ChatEvent[] {
    if (readText(call.name) === undefined) {
      this.#call?.add(call)
      return call.willContinue === true ? [] : this.#finishCall()
    }
    const before = this.#finishCall()
    if (!isPartial(call)) return [...before, ...this.#tellCall(part)]
    this.#call = new PartialCall(part)
    return call.willContinue === true ? before : [...before, ...this.#finishCall()]
  }

  #finishCall(): ChatEvent[] {
    const whole = this.#call?.whole()
    this.#call = undefined
    return whole ? this.#tellCall(whole) : []
  }

  #tellCall(part: Message): ChatEvent[] {
    const read = readPart(part, this.#ids)
    if (read?.kind !== 'tool_call') return []
    this.#hasCalls = true
    return this.#tell(read)
  }

  #takeText(part: TextPart | ThinkingPart, chunk: LogprobsOnce): ChatEvent[] {
    if (part.text === '') return part.seal ? this.#takeSeal(part, part.seal) : []
    const isNew = this.#run?.kind !== part.kind || (part.seal !== undefined && this.#run.seal !== undefined)
    const events = isNew ? this.#openRun({ ...part, text: '' }, part.kind) : []
    if (this.#run && part.seal) this.#run.seal = part.seal
    if (this.#run) events.push(...textDelta(this.#run, part.text, chunk))
    return events
  }

  /** A signature alone: it belongs to the run before it; without one it stays a part of its own. */
  #takeSeal(part: TextPart | ThinkingPart, seal: Seal): ChatEvent[] {
    if (this.#run && this.#run.kind !== 'audio' && this.#run.seal === undefined) {
      this.#run.seal = seal
      return []
    }
    return this.#tell(part)
  }

  #takeSound(part: Part & { kind: 'media' }): ChatEvent[] {
    if (part.source.kind !== 'base64') return this.#tell(part)
    const { seal, ...bare } = part
    const events =
      this.#run?.kind === 'audio' ? [] : this.#openRun({ ...bare, source: { kind: 'base64', data: '' } }, 'audio')
    if (this.#run && seal) this.#run.seal = seal
    if (this.#run)
      events.push({ type: 'delta', index: this.#run.index, delta: { kind: 'audio', data: part.source.data } })
    return events
  }

  #openRun(part: Part, kind: Run['kind']): ChatEvent[] {
    const before = this.#closeRun()
    const { seal: _, ...bare } = part
    this.#run = { index: this.#counter.next++, kind, text: '', seal: undefined }
    if (kind !== 'thinking') this.#hasContent = true
    return [...before, this.#open(this.#run.index, bare)]
  }

  #closeRun(): ChatEvent[] {
    const run = this.#run
    if (!run) return []
    this.#run = undefined
    return closeRun(run, this.#grounding)
  }

  /** A part that came whole. */
  #tell(part: Part): ChatEvent[] {
    const before = this.#closeRun()
    const index = this.#counter.next++
    if (part.kind !== 'text' && part.kind !== 'thinking') this.#hasContent = true
    if (part.kind === 'server_call' && part.tool === 'web_search') this.#hasSearchTrace = true
    const close: ChatEvent = { type: 'close', index, ...(part.seal && { seal: part.seal }) }
    if (part.kind !== 'tool_call' && part.kind !== 'server_call') return [...before, this.#open(index, part), close]
    const delta: ChatEvent = { type: 'delta', index, delta: { kind: 'arguments', text: part.arguments } }
    return [...before, this.#open(index, { ...part, arguments: '' }), delta, close]
  }

  #open(index: number, part: Part): ChatEvent {
    return { type: 'open', index, part, ...(this.#choice > 0 && { choice: this.#choice }) }
  }
}

const isSound = (part: Part): part is Part & { kind: 'media' } => part.kind === 'media' && part.media === 'audio'
