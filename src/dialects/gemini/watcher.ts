import type { Fault } from '../../model/fault.ts'
import type { Tier } from '../../model/request.ts'
import { toldOf, type Usage } from '../../model/usage.ts'
import { asBuffer } from '../../wire/bytes.ts'
import type { Seen, UpstreamFrame, Watcher } from '../dialect.ts'
import { errorIn } from './fault.ts'
import { searchesIn } from './grounding-read.ts'
import { type Message, memberOf, readList, readMessage, readText } from './proto.ts'
import { hasCounts, readTier, readUsage } from './usage.ts'

/** Frames are only searched for marks; those that tell of an end are decoded. */
export const watcher = (): Watcher => new GeminiWatcher()

class GeminiWatcher implements Watcher {
  readonly isUsageChunk = false
  tellings = 0
  readonly #seen = new GeminiSeen()

  get seen(): Seen {
    return this.#seen
  }

  see(frame: UpstreamFrame & { readonly raw: Uint8Array }): void {
    const raw = asBuffer(frame.raw)
    if (ends.some((mark) => raw.includes(mark))) this.#seen.add(viewOf(parse(frame.data)))
    else if (!this.#seen.hasContent && raw.includes(content)) this.#seen.hasContent = true
    if (!raw.includes(count)) return
    this.tellings++
    this.#seen.count(frame)
  }
}

/** The last frame with a count is kept and read when the usage is asked for, because the count is a running total. */
class GeminiSeen implements Seen {
  declare readonly usage?: Usage
  declare fault?: Fault
  declare tier?: Tier
  hasContent = false
  hasEnded = false
  #searches = 0
  #counted: UpstreamFrame | undefined

  /** One function for all: V8 gives every object whose getter is a function of its own a hidden class of its own. */
  static readonly #usage: PropertyDescriptor & ThisType<GeminiSeen> = {
    enumerable: true,
    get() {
      return this.#counted && toldOf(readUsage(viewOf(parse(this.#counted.data)).usage ?? {}, this.#searches))
    },
  }

  constructor() {
    // An own property, so that copies have it too.
    Object.defineProperty(this, 'usage', GeminiSeen.#usage)
  }

  count(frame: UpstreamFrame): void {
    this.#counted = frame
  }

  add(view: View): void {
    this.hasContent ||= view.hasContent
    this.hasEnded ||= view.hasEnded
    this.#searches = Math.max(this.#searches, view.searches)
    if (view.fault) this.fault ??= view.fault
    if (view.tier) this.tier = view.tier
  }
}

const ends = ['"error"', '"finishReason"', '"blockReason"'].map((mark) => Buffer.from(mark))
const count = Buffer.from('"promptTokenCount"')
const content = Buffer.from('"parts"')

/** What one answer object says about how things stand. */
export interface View {
  readonly usage: Message | undefined
  readonly tier: Tier | undefined
  readonly searches: number
  readonly hasContent: boolean
  readonly hasEnded: boolean
  readonly fault: Fault | undefined
}

export function viewOf(body: unknown): View {
  const message = readMessage(body) ?? {}
  const usage = memberOf(message, 'usageMetadata')
  const candidates = readList(message.candidates)
  return {
    usage: hasCounts(usage) ? usage : undefined,
    tier: readTier(usage),
    searches: candidates.reduce((sum, candidate) => sum + searchesIn(memberOf(candidate, 'groundingMetadata')), 0),
    hasContent: candidates.some((candidate) => readList(memberOf(candidate, 'content').parts).length > 0),
    hasEnded:
      candidates.some((candidate) => readText(candidate.finishReason) !== undefined) ||
      readText(memberOf(message, 'promptFeedback').blockReason) !== undefined,
    fault: errorIn(body),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
