import type { ChatEvent } from '../../model/event.ts'
import { type Fault, fault } from '../../model/fault.ts'
import type { SearchHit } from '../../model/part.ts'
import type { Tier } from '../../model/request.ts'
import { noUsage, type Usage } from '../../model/usage.ts'
import { isRecord } from '../../wire/json.ts'
import type { EventReader, ReadContext } from '../dialect.ts'
import { readHits } from './annotations.ts'
import { type ChoiceReader, choiceReader } from './choice-read.ts'
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

export function answerReader({ target, newId }: ReadContext<ChatQuirks>): AnswerReader {
  let events: ChatEvent[] = []
  const choices: ChoiceReader[] = []
  const state: Head = { hasStarted: false, hasEnded: false, usage: undefined, tier: undefined, hits: [] }
  let parts = 0
  const stage = {
    emit: (event: ChatEvent) => void events.push(event),
    nextIndex: () => parts++,
    newId,
    hasThinkTags: target.quirks.thinkTags,
  }

  const told = (): ChatEvent[] => {
    const out = events
    events = []
    return out
  }
  const choiceAt = (index: number): ChoiceReader => {
    while (choices.length <= index) choices.push(choiceReader(stage, choices.length))
    // Made in the line above.
    return choices[index] as ChoiceReader
  }
  const fail = (broken: Fault): ChatEvent[] => {
    if (state.hasEnded) return []
    for (const choice of choices) choice.end()
    state.hasEnded = true
    if (state.usage) stage.emit({ type: 'usage', usage: state.usage })
    stage.emit({ type: 'fault', fault: broken })
    return told()
  }
  const finish = (): ChatEvent[] => {
    const broken = choices.map((choice) => choice.end()).find((problem) => problem !== undefined)
    if (broken) return fail(broken)
    state.hasEnded = true
    const [stop, ...others] = choices.map((choice) => choice.stop)
    if (!stop) return [...told(), { type: 'fault', fault: brokeOff() }]
    stage.emit({ type: 'usage', usage: state.usage ?? noUsage })
    stage.emit({ type: 'stop', stop, ...(others.length > 0 && { others }), ...(state.tier && { tier: state.tier }) })
    return told()
  }

  return {
    push(chunk) {
      if (state.hasEnded) return []
      if (!isRecord(chunk)) return fail(fault('bad_gateway', 'The upstream sent what is no chunk of an answer.'))
      const error = errorIn(chunk)
      if (error !== undefined) return fail(readError(error))
      const start = readHead(chunk, state)
      if (start) stage.emit(start)
      for (const hits of newHits(chunk, state)) for (const part of searchParts(hits, newId())) choiceAt(0).whole(part)
      for (const choice of records(chunk.choices)) choiceAt(placeOf(choice)).push(choice)
      return told()
    },
    done() {
      if (state.hasEnded) return []
      return choices.length === 0 ? fail(brokeOff()) : finish()
    },
    closed() {
      if (state.hasEnded) return []
      return choices.length > 0 && choices.every((choice) => choice.hasFinished) ? finish() : fail(brokeOff())
    },
    fail,
    get hasEnded() {
      return state.hasEnded
    },
  }
}

/** More answers than anybody asks for; a greater index is a mistake of the server's. */
const CHOICES_MAX = 128

const placeOf = ({ index }: Record<string, unknown>): number =>
  typeof index === 'number' && Number.isInteger(index) && index > 0 && index < CHOICES_MAX ? index : 0

interface Head {
  hasStarted: boolean
  hasEnded: boolean
  usage: Usage | undefined
  tier: Tier | undefined
  hits: readonly SearchHit[]
}

/** What a chunk says about the whole answer: its name the first time, its usage whenever it is told. */
function readHead(chunk: Record<string, unknown>, head: Head): ChatEvent | undefined {
  head.tier = readTier(chunk.service_tier) ?? head.tier
  head.usage = latestUsage(head.usage, usageIn(chunk))
  if (head.hasStarted) return undefined
  head.hasStarted = true
  const [id, model] = [word(chunk.id), word(chunk.model)]
  return { type: 'start', ...(id !== undefined && { id }), ...(model !== undefined && { model }) }
}

/** Search hits that were not told yet, as one group; servers repeat them in every chunk. */
function newHits(chunk: Record<string, unknown>, head: Head): (readonly SearchHit[])[] {
  const hits = head.hits.length > 0 ? [] : readHits(chunk)
  if (hits.length === 0) return []
  head.hits = hits
  return [hits]
}

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
    end: answer.closed,
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
