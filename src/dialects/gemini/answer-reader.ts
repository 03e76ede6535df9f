import type { ChatEvent } from '../../model/event.ts'
import { type Fault, fault } from '../../model/fault.ts'
import type { Stop } from '../../model/reply.ts'
import { usageOf } from '../../model/usage.ts'
import { CandidateReader, type Counter } from './candidate-reader.ts'
import { errorIn } from './fault.ts'
import { type PartIds, partIds } from './part-ids.ts'
import { type Message, memberOf, readList, readMessage, readNumber, readText } from './proto.ts'
import { hasCounts, readTier, readUsage } from './usage.ts'

/** More answers than anyone can ask for. */
const mostCandidates = 64

/** Reads an answer: the one body of a unary call is the one chunk of a stream. */
export class AnswerReader {
  readonly #ids: PartIds
  readonly #candidates: CandidateReader[] = []
  readonly #counter: Counter = { next: 0 }
  #hasStarted = false
  #isOver = false
  #usage: Message = {}
  #block: Stop | undefined

  constructor(newId: () => string) {
    this.#ids = partIds(
      () => `call_${newId()}`,
      () => `run_${newId()}`,
    )
  }

  /** Garbage and errors end the answer in a fault. */
  take(chunk: unknown): ChatEvent[] {
    if (this.#isOver) return []
    if (Array.isArray(chunk)) return chunk.flatMap((element: unknown) => this.take(element))
    const error = errorIn(chunk)
    if (error) return this.#fail(error)
    const message = readMessage(chunk)
    if (!message) return this.#fail(fault('bad_gateway', 'the upstream sent something that is no answer'))
    return this.#takeMessage(message)
  }

  #takeMessage(message: Message): ChatEvent[] {
    const usage = memberOf(message, 'usageMetadata')
    this.#usage = hasCounts(usage) ? { ...usage, ...traffic(this.#usage, usage) } : { ...this.#usage, ...usage }
    const start = this.#hasStarted ? [] : [this.#start(message)]
    this.#hasStarted = true
    const feedback = memberOf(message, 'promptFeedback')
    const word = readText(feedback.blockReason)
    if (word !== undefined && !word.endsWith('_UNSPECIFIED'))
      this.#block = blocked(word, readText(feedback.blockReasonMessage))
    return [
      ...start,
      ...readList(message.candidates).flatMap((candidate, at) => this.#candidate(candidate, at).take(candidate)),
    ]
  }

  /**
   * The end of the answer. Without a finish reason it broke off, unless the body was a whole one: some servers leave
   * the reason out there.
   */
  finish(form: 'stream' | 'whole'): ChatEvent[] {
    if (this.#isOver) return []
    const stops = this.#candidates.map(
      (candidate) => candidate.stop ?? (form === 'whole' ? endOf(candidate) : undefined),
    )
    const [first = this.#block, ...others] = stops
    const isWhole = first !== undefined && others.every((stop) => stop !== undefined)
    if (!isWhole) return this.#fail(this.#brokenOff(form))
    this.#isOver = true
    const tier = readTier(this.#usage)
    return [
      ...this.#candidates.flatMap((candidate) => candidate.close()),
      this.#told(),
      {
        type: 'stop',
        stop: first,
        ...(others.length > 0 && { others: others.filter((stop) => stop !== undefined) }),
        ...(tier && { tier }),
      },
    ]
  }

  #start(message: Message): ChatEvent {
    const id = readText(message.responseId)
    const model = readText(message.modelVersion)
    const tier = readTier(this.#usage)
    return {
      type: 'start',
      ...(id !== undefined && { id }),
      ...(model !== undefined && { model }),
      ...(hasCounts(this.#usage) && { usage: readUsage(this.#usage) }),
      ...(tier && { tier }),
    }
  }

  #candidate(candidate: Message, at: number): CandidateReader {
    const index = readNumber(candidate.index) ?? at
    const choice =
      Number.isInteger(index) && index >= 0 && index < mostCandidates ? index : Math.min(at, mostCandidates - 1)
    for (let next = this.#candidates.length; next <= choice; next++)
      this.#candidates.push(new CandidateReader({ choice: next, counter: this.#counter, ids: this.#ids }))
    // Made in the loop above if it was not there.
    return this.#candidates[choice] as CandidateReader
  }

  #told(): ChatEvent {
    // A prompt that its vendor refused to read, and of which it counts nothing, used nothing.
    if (this.#block && !hasCounts(this.#usage)) return { type: 'usage', usage: usageOf({}) }
    const searches = this.#candidates.reduce((sum, candidate) => sum + candidate.searches, 0)
    return { type: 'usage', usage: readUsage(this.#usage, searches) }
  }

  /** What was used until then is told too: it is billed. */
  #fail(cause: Fault): ChatEvent[] {
    this.#isOver = true
    return [...(hasCounts(this.#usage) ? [this.#told()] : []), { type: 'fault', fault: cause }]
  }

  #brokenOff(form: 'stream' | 'whole'): Fault {
    const message = form === 'whole' ? "the upstream's answer is empty" : "the upstream's answer broke off"
    return fault('bad_gateway', message)
  }
}

const endOf = (candidate: CandidateReader): Stop | undefined =>
  candidate.hasContent ? candidate.stopBy('STOP') : undefined

const blocked = (word: string, message: string | undefined): Stop => ({
  reason: 'filtered',
  ...(message !== undefined && { explanation: message }),
  native: word,
})

/** The tier stays known when a later chunk leaves it out. */
const traffic = (before: Message, now: Message): Message => ({
  ...(before.trafficType !== undefined && now.trafficType === undefined && { trafficType: before.trafficType }),
  ...(before.serviceTier !== undefined && now.serviceTier === undefined && { serviceTier: before.serviceTier }),
})
