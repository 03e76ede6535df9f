import type { ChatEvent, Delta } from '../../model/event.ts'
import type { Part, PartKind, Seal } from '../../model/part.ts'
import { callIds } from './call-ids.ts'
import { Reading } from './reading.ts'

/** Collects the events of one answer: numbers its parts, and sees to it that `start` is said first and once. */
export class Teller {
  readonly reading = new Reading()
  /** Kinds of the parts told so far. */
  readonly kinds = new Set<PartKind>()
  readonly callId: (id: string) => string
  #events: ChatEvent[] = []
  #hasStarted = false
  #parts = 0

  constructor(newId: () => string) {
    this.callId = callIds(newId)
  }

  /** The events since the last time. */
  take(): ChatEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  start(id?: string, model?: string): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    this.#events.push({ type: 'start', ...(id !== undefined && { id }), ...(model !== undefined && { model }) })
  }

  say(event: ChatEvent): void {
    this.start()
    this.#events.push(event)
  }

  /** The index of the part. */
  open(part: Part): number {
    this.kinds.add(part.kind)
    const index = this.#parts++
    this.say({ type: 'open', index, part })
    return index
  }

  delta(index: number, delta: Delta): void {
    this.say({ type: 'delta', index, delta })
  }

  close(index: number, seal?: Seal): void {
    this.say({ type: 'close', index, ...(seal && { seal }) })
  }

  /** A part that comes whole. */
  whole(part: Part): void {
    this.close(this.open(part))
  }
}
