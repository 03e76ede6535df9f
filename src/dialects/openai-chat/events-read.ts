import type { ChatEvent } from '../../model/event.ts'
import { type Fault, fault } from '../../model/fault.ts'
import type { SearchHit } from '../../model/part.ts'
import type { Tier } from '../../model/request.ts'
import { noUsage, type Usage } from '../../model/usage.ts'
import { isRecord } from '../../wire/json.ts'
import { readBilled } from '../billed.ts'
import type { EventReader, ReadContext } from '../dialect.ts'
import { readHits } from './annotations.ts'
import { type ChoiceReader, type ChoiceStage, choiceReader } from './choice-read.ts'
import { errorIn, readError } from './fault-read.ts'
import type { ChatQuirks } from './quirks.ts'
import { recordOf, records, word } from './reading.ts'
import { readTier } from './stop.ts'
import { latestUsage, usageIn } from './usage.ts'

/** Reads chunks, or one whole answer as if it were a chunk. */
export interface AnswerReader {
  /** One parsed chunk. */
  push(chunk: unknown): ChatEvent[]
  /** `[DONE]`, or the end of a whole answer: what was said is all. */
  done(): ChatEvent[]
  /** The connection closed: fine after a finish reason, since some servers leave `[DONE]` out. */
  closed(): ChatEvent[]
  fail(broken: Fault): ChatEvent[]
  readonly hasEnded: boolean
}

const brokeOff = (): Fault => fault('bad_gateway', "The upstream's answer broke off.")

export const answerReader = (context: ReadContext<ChatQuirks>): AnswerReader => new ChunkReader(context)

class ChunkReader implements AnswerReader {
  hasEnded = false
  readonly #stage: ChoiceStage
  readonly #choices: ChoiceReader[] = []
  #events: ChatEvent[] = []
  #parts = 0
  #hasStarted = false
  #hasHits = false
  #usage: Usage | undefined
  #tier: Tier | undefined
  #billed: number | undefined

  constructor({ target, newId }: ReadContext<ChatQuirks>) {
    this.#stage = {
      emit: (event) => void this.#events.push(event),
      nextIndex: () => this.#parts++,
      newId,
      hasThinkTags: target.quirks.thinkTags,
    }
  }

  push(chunk: unknown): ChatEvent[] {
    if (this.hasEnded) return []
    if (!isRecord(chunk)) return this.fail(fault('bad_gateway', 'The upstream sent what is no chunk of an answer.'))
    const error = errorIn(chunk)
    if (error !== undefined) return this.fail(readError(error))
    this.#readHead(chunk)
    if (!this.#hasHits) this.#tellHits(readHits(chunk))
    for (const choice of records(chunk.choices)) this.#choiceAt(placeOf(choice)).push(choice)
    return this.#take()
  }

  done(): ChatEvent[] {
    if (this.hasEnded) return []
    return this.#choices.length === 0 ? this.fail(brokeOff()) : this.#finish()
  }

  closed(): ChatEvent[] {
    if (this.hasEnded) return []
    const isWhole = this.#choices.length > 0 && this.#choices.every((choice) => choice.hasFinished)
    return isWhole ? this.#finish() : this.fail(brokeOff())
  }

  fail(broken: Fault): ChatEvent[] {
    if (this.hasEnded) return []
    for (const choice of this.#choices) choice.end()
    this.hasEnded = true
    if (this.#usage) this.#events.push(this.#told(this.#usage))
    this.#events.push({ type: 'fault', fault: broken })
    return this.#take()
  }

  #finish(): ChatEvent[] {
    const broken = this.#choices.map((choice) => choice.end()).find((problem) => problem !== undefined)
    if (broken) return this.fail(broken)
    this.hasEnded = true
    const [stop, ...others] = this.#choices.map((choice) => choice.stop)
    if (!stop) return [...this.#take(), { type: 'fault', fault: brokeOff() }]
    const tier = this.#tier
    this.#events.push(this.#told(this.#usage ?? noUsage))
    this.#events.push({ type: 'stop', stop, ...(others.length > 0 && { others }), ...(tier && { tier }) })
    return this.#take()
  }

  #told(usage: Usage): ChatEvent {
    return { type: 'usage', usage, ...(this.#billed !== undefined && { billed: this.#billed }) }
  }

  /** What a chunk says about the whole answer: its name the first time, its usage whenever it is told. */
  #readHead(chunk: Record<string, unknown>): void {
    this.#tier = readTier(chunk.service_tier) ?? this.#tier
    this.#usage = latestUsage(this.#usage, usageIn(chunk))
    this.#billed = readBilled(chunk.usage) ?? this.#billed
    if (this.#hasStarted) return
    this.#hasStarted = true
    const [id, model] = [word(chunk.id), word(chunk.model)]
    const tier = this.#tier
    this.#events.push({
      type: 'start',
      ...(id !== undefined && { id }),
      ...(model !== undefined && { model }),
      ...(tier && { tier }),
    })
  }

  /** Told once, as one group; servers repeat them in every chunk. */
  #tellHits(hits: readonly SearchHit[]): void {
    if (hits.length === 0) return
    this.#hasHits = true
    for (const part of searchParts(hits, this.#stage.newId())) this.#choiceAt(0).whole(part)
  }

  #choiceAt(index: number): ChoiceReader {
    while (this.#choices.length <= index) this.#choices.push(choiceReader(this.#stage, this.#choices.length))
    // Made in the line above.
    return this.#choices[index] as ChoiceReader
  }

  #take(): ChatEvent[] {
    const told = this.#events
    this.#events = []
    return told
  }
}

/** More answers than anybody asks for; a greater index is a mistake of the server's. */
const CHOICES_MAX = 128

const placeOf = ({ index }: Record<string, unknown>): number =>
  typeof index === 'number' && Number.isInteger(index) && index > 0 && index < CHOICES_MAX ? index : 0

const searchParts = (hits: readonly SearchHit[], freshId: string) => {
  const shared = { id: `srv_${freshId}`, tool: 'web_search', name: 'web_search' } as const
  return [
    { kind: 'server_call', ...shared, arguments: '{}' },
    { kind: 'server_result', ...shared, hits },
  ] as const
}

/** The machine for a stream: `data:` frames, ended by `[DONE]`. */
export function eventReader(context: ReadContext<ChatQuirks>): EventReader {
  const answer = answerReader(context)
  return {
    push({ event, data }) {
      if (answer.hasEnded || data === '') return []
      if (data.trim() === '[DONE]') return answer.done()
      const chunk = parseChunk(data)
      if (chunk === undefined) return answer.fail(fault('bad_gateway', 'The upstream sent a frame that is no JSON.'))
      return event === 'error' && errorIn(recordOf(chunk)) === undefined
        ? answer.fail(readError(chunk))
        : answer.push(chunk)
    },
    end: () => answer.closed(),
  }
}

/** Undefined when it is no JSON. */
function parseChunk(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
