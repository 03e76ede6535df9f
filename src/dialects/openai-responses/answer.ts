import type { ChatEvent, CloseEvent, OpenEvent, StopEvent } from '../../model/event.ts'
import { type Fault, fault } from '../../model/fault.ts'
import type { ChatRequest } from '../../model/request.ts'
import { noUsage, type Usage } from '../../model/usage.ts'
import type { WriteContext } from '../dialect.ts'
import { callIds } from './call-ids.ts'
import { echoOf } from './echo.ts'
import { responseError } from './fault.ts'
import { mintId } from './ids.ts'
import { MessageWriter } from './message-writer.ts'
import { partWriter } from './part-writers.ts'
import type { Item, ItemStatus, ResponseObject, ResponseStatus } from './shapes.ts'
import type { PartWriter, Stage } from './stage.ts'
import { endingOf } from './stop.ts'
import type { Trace } from './traces.ts'
import { writeTier, writeUsage } from './usage.ts'

/** Takes one event of the stream; the unary answer throws them away. */
export type Emit = (type: string, fields: Record<string, unknown>) => void

/** The response while it grows: turns events into items, emits what a stream says of them, and keeps the last snapshot. */
export class Answer implements Stage {
  readonly emit: Emit
  readonly showsSummaries: boolean
  readonly mint: Stage['mint']
  readonly callId: (id: string) => string
  readonly traces = new Map<string, Trace>()
  readonly #frame: Omit<ResponseObject, 'status' | 'error' | 'incomplete_details' | 'output' | 'usage'>
  /** By `output_index`; an item that is not finished yet leaves its place open. */
  readonly #items: (Item | undefined)[] = []
  readonly #writers = new Map<number, PartWriter>()
  readonly #nowSeconds: number
  #message: MessageWriter | undefined
  #usage: Usage = noUsage
  #snapshot: ResponseObject | undefined
  #hasBegun = false

  constructor(ask: ChatRequest, context: WriteContext, emit: Emit) {
    this.emit = emit
    this.showsSummaries = ask.thinking.show === 'summary'
    this.mint = (prefix) => mintId(prefix, context.newId)
    this.callId = callIds(context.newId)
    this.#nowSeconds = context.nowSeconds
    this.#frame = {
      id: this.mint('resp'),
      object: 'response',
      created_at: context.nowSeconds,
      ...echoOf(ask),
      model: ask.model,
    }
  }

  /** Whether `stop` or `fault` was told. */
  get hasEnded(): boolean {
    return this.#snapshot !== undefined
  }

  /**
   * The last snapshot.
   * @throws Error before `stop` or `fault` was told: whoever tells the events broke the law of order.
   */
  snapshot(): ResponseObject {
    if (!this.#snapshot) throw new Error('a reply was told without stop or fault')
    return this.#snapshot
  }

  push(event: ChatEvent): void {
    if (this.hasEnded) return
    this.#begin()
    if (event.type === 'open') this.#open(event)
    else if (event.type === 'delta') this.#writers.get(event.index)?.delta(event.delta)
    else if (event.type === 'close') this.#close(event)
    else if (event.type === 'usage') this.#usage = event.usage
    else if (event.type === 'stop') this.#stop(event)
    else if (event.type === 'fault') this.#fail(event.fault)
  }

  // ---------------------------------------------------------------- the stage that parts are written on

  add(item: Item): number {
    this.#finishMessage('completed')
    const index = this.#items.push(undefined) - 1
    this.emit('response.output_item.added', { output_index: index, item })
    return index
  }

  finish(index: number, item: Item): void {
    this.#items[index] = item
    this.emit('response.output_item.done', { output_index: index, item })
  }

  message(): MessageWriter {
    this.#message ??= new MessageWriter(this)
    return this.#message
  }

  // ---------------------------------------------------------------- events

  #begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    const response = this.#draw('in_progress', {})
    this.emit('response.created', { response })
    this.emit('response.in_progress', { response })
  }

  /** The format knows one answer only; parts of others are passed over. */
  #open({ index, part, choice }: OpenEvent): void {
    if (choice !== undefined && choice > 0) return
    const writer = partWriter(part, this)
    if (writer) this.#writers.set(index, writer)
  }

  #close({ index, seal }: CloseEvent): void {
    this.#writers.get(index)?.close(seal)
    this.#writers.delete(index)
  }

  #stop({ stop, tier }: StopEvent): void {
    const ending = endingOf(stop)
    if (ending.status === 'failed') {
      this.#fail(fault('internal', 'The model made a tool call that cannot be read.'))
      return
    }
    if (stop.reason === 'refusal') this.#refuse(stop.explanation)
    else if (this.#items.length === 0 && !this.#message) this.message().open('output_text')
    for (const trace of this.traces.values()) trace.finish(undefined)
    this.#finishMessage(ending.status)
    const word = tier && writeTier(tier)
    this.#end(ending.status, {
      ...(word && { service_tier: word }),
      ...(ending.status === 'incomplete'
        ? { incomplete_details: { reason: ending.reason } }
        : { completed_at: this.#nowSeconds }),
      usage: writeUsage(this.#usage),
      ...(this.#usage.searches > 0 && { tool_usage: { web_search: { num_requests: this.#usage.searches } } }),
    })
  }

  /** A refusal is a part of a message; where the upstream told none, its explanation becomes one. */
  #refuse(explanation: string | undefined): void {
    if (this.#message?.refuses || this.#items.some((item) => item && saysRefusal(item))) return
    const message = this.message()
    message.open('refusal')
    message.say(explanation ?? 'The model declined to answer.')
  }

  #fail(told: Fault): void {
    this.#end('failed', { error: responseError(told) })
  }

  #finishMessage(status: ItemStatus): void {
    const message = this.#message
    this.#message = undefined
    message?.finish(status)
  }

  #end(status: 'completed' | 'incomplete' | 'failed', last: Partial<ResponseObject>): void {
    this.#snapshot = this.#draw(status, last)
    this.emit(`response.${status}`, { response: this.#snapshot })
  }

  #draw(status: ResponseStatus, last: Partial<ResponseObject>): ResponseObject {
    const output = this.#items.filter((item) => item !== undefined)
    // `#frame` holds the rest of the fields; an index signature cannot say so through `Omit`.
    return {
      ...this.#frame,
      status,
      error: null,
      incomplete_details: null,
      output,
      usage: null,
      ...last,
    } as ResponseObject
  }
}

const saysRefusal = (item: Item): boolean =>
  Array.isArray(item.content) && item.content.some((content) => content.type === 'refusal')
