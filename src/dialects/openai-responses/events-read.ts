import type { ChatEvent } from '../../model/event.ts'
import { type Fault, fault } from '../../model/fault.ts'
import { isRecord } from '../../wire/json.ts'
import { readBilled } from '../billed.ts'
import type { EventReader, ReadContext, UpstreamFrame } from '../dialect.ts'
import { brokenOff, faultOf, garbled, readError } from './fault.ts'
import type { ItemStream } from './item-stream.ts'
import { itemStream, streamedTypes } from './item-streams.ts'
import type { ResponsesQuirks } from './quirks.ts'
import { filled, listOf, recordOf } from './reading.ts'
import { readStop } from './stop.ts'
import { Teller } from './teller.ts'
import { readTier, readUsage } from './usage.ts'

/** Reads a streamed answer. */
export const eventReader = (context: ReadContext<ResponsesQuirks>): EventReader => new ResponseReader(context)

type Frame = Record<string, unknown>

/** One event of an item. */
interface Told {
  readonly type: string
  readonly frame: Frame
}

/**
 * Items are told apart by `output_index`; what their last word says (`output_item.done`) repairs lost deltas.
 * They are told in their order: events of an item wait until those before it are finished.
 */
class ResponseReader implements EventReader {
  readonly #teller: Teller
  readonly #items = new Map<number, ItemStream>()
  readonly #waiting = new Map<number, Told[]>()
  #latest = 0
  #hasEnded = false

  constructor(context: ReadContext<ResponsesQuirks>) {
    this.#teller = new Teller(context.newId)
  }

  push({ event, data }: UpstreamFrame): ChatEvent[] {
    if (this.#hasEnded || data === '' || data === '[DONE]') return []
    const frame = parsed(data)
    if (!frame) this.#fail(garbled(data.slice(0, 1024)))
    else this.#handle(filled(frame.type) ?? event ?? '', frame)
    return this.#teller.take()
  }

  end(): ChatEvent[] {
    if (!this.#hasEnded) this.#fail(brokenOff())
    return this.#teller.take()
  }

  #handle(type: string, frame: Frame): void {
    const handle = Object.hasOwn(this.#handlers, type) ? this.#handlers[type] : undefined
    if (handle) handle(frame)
    else if (isItemEvent(type)) this.#hear({ type, frame })
    else if (type === '' && isRecord(frame.error)) this.#failWith(frame)
  }

  readonly #handlers: Readonly<Record<string, (frame: Frame) => void>> = {
    'response.created': (frame) => this.#start(frame),
    'response.in_progress': (frame) => this.#start(frame),
    'response.completed': (frame) => this.#stop(frame),
    'response.done': (frame) => this.#stop(frame),
    'response.incomplete': (frame) => this.#stop(frame),
    'response.failed': (frame) => this.#stop({ response: { ...recordOf(frame.response), status: 'failed' } }),
    'response.cancelled': (frame) => this.#stop({ response: { ...recordOf(frame.response), status: 'cancelled' } }),
    error: (frame) => this.#failWith(frame),
  }

  #start(frame: Frame): void {
    const response = recordOf(frame.response)
    this.#teller.start(filled(response.id), filled(response.model))
  }

  #hear(told: Told): void {
    const index = this.#indexOf(told.frame)
    this.#latest = index
    const item = this.#itemAt(index, typeOf(told))
    if (told.type === added) item.id = filled(recordOf(told.frame.item).id)
    if (this.#isBehind(index)) this.#waiting.set(index, [...(this.#waiting.get(index) ?? []), told])
    else {
      tell(item, told)
      if (item.isDone) this.#release()
    }
  }

  #itemAt(index: number, type: string): ItemStream {
    const known = this.#items.get(index)
    if (known) return known
    const stream = itemStream(type, this.#teller)
    this.#items.set(index, stream)
    return stream
  }

  #isBehind(index: number): boolean {
    for (const [other, item] of this.#items) if (other < index && !item.isDone) return true
    return false
  }

  /** Tells what waited for the items before it. */
  #release(): void {
    for (const [index, item] of this.#inOrder()) {
      if (this.#isBehind(index)) return
      this.#tellWaiting(index, item)
    }
  }

  #tellWaiting(index: number, item: ItemStream): void {
    for (const told of this.#waiting.get(index) ?? []) tell(item, told)
    this.#waiting.delete(index)
  }

  #inOrder(): [number, ItemStream][] {
    return [...this.#items].toSorted(([left], [right]) => left - right)
  }

  #indexOf(frame: Frame): number {
    if (typeof frame.output_index === 'number') return frame.output_index
    const id = filled(frame.item_id) ?? filled(recordOf(frame.item).id)
    for (const [index, item] of this.#items) if (id !== undefined && item.id === id) return index
    return isRecord(frame.item) && this.#items.size > 0 ? Math.max(...this.#items.keys()) + 1 : this.#latest
  }

  #stop(frame: Frame): void {
    this.#start(frame)
    const response = recordOf(frame.response)
    if (response.status === 'failed' || response.status === 'cancelled') {
      this.#fail(faultOf(response))
      return
    }
    this.#finish(listOf(response.output))
    const tier = readTier(response.service_tier)
    const billed = readBilled(response.usage)
    if (isRecord(response.usage))
      this.#teller.say({ type: 'usage', usage: readUsage(response), ...(billed !== undefined && { billed }) })
    const stop = readStop(response, this.#teller.kinds)
    this.#teller.say({ type: 'stop', stop, ...(tier && { tier }) })
    this.#hasEnded = true
  }

  /** Tells what the last snapshot holds and no event told, item by item, and closes what is still open. */
  #finish(output: readonly unknown[]): void {
    const last = this.#match(output)
    for (const [index, item] of this.#inOrder()) {
      this.#tellWaiting(index, item)
      const whole = last.get(item)
      if (whole) item.finish(whole)
      item.abandon()
    }
  }

  /** Some servers give items new ids in the last snapshot, so place and type count too. */
  #match(output: readonly unknown[]): Map<ItemStream, Frame> {
    const found = new Map<ItemStream, Frame>()
    for (const [at, item] of output.entries()) {
      if (!isRecord(item)) continue
      const byId = [...this.#items.values()].find((stream) => stream.id !== undefined && stream.id === item.id)
      const byPlace = this.#items.get(at)
      const known =
        byId ?? (byPlace && byPlace.type !== item.type ? undefined : this.#itemAt(at, filled(item.type) ?? ''))
      if (known) found.set(known, item)
    }
    return found
  }

  #failWith(frame: Frame): void {
    this.#fail(readError(frame) ?? fault('internal', 'The upstream failed without saying why.'))
  }

  #fail(told: Fault): void {
    this.#hasEnded = true
    this.#teller.say({ type: 'fault', fault: told })
  }
}

const added = 'response.output_item.added'
const done = 'response.output_item.done'

const isItemEvent = (type: string): boolean => type === added || type === done || Object.hasOwn(streamedTypes, type)

const typeOf = ({ type, frame }: Told): string => streamedTypes[type] ?? filled(recordOf(frame.item).type) ?? ''

function tell(item: ItemStream, { type, frame }: Told): void {
  if (type === added) item.begin(recordOf(frame.item))
  else if (type === done) item.finish(recordOf(frame.item))
  else item.say(type, frame)
}

function parsed(data: string): Frame | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return isRecord(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
