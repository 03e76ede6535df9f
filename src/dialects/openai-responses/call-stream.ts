import { readItem } from './item-read.ts'
import { type ItemStream, missing } from './item-stream.ts'
import { filled } from './reading.ts'
import type { Teller } from './teller.ts'

/** A call of a function or free-text tool while it is told. It opens as soon as its name is known. */
export class CallStream implements ItemStream {
  readonly type: 'function_call' | 'custom_tool_call'
  id: string | undefined
  readonly #teller: Teller
  #index: number | undefined
  #told = ''
  /** Arguments that came before the name. */
  #early = ''
  isDone = false

  constructor(type: 'function_call' | 'custom_tool_call', teller: Teller) {
    this.type = type
    this.#teller = teller
  }

  begin(item: Record<string, unknown>): void {
    if (this.#index !== undefined || filled(item.name) === undefined) return
    const call = readItem({ ...item, type: this.type }, 'output', this.#teller.reading)?.parts[0]
    if (call?.kind !== 'tool_call') return
    this.#index = this.#teller.open({ ...call, id: this.#teller.callId(call.id), arguments: '' })
    // Arguments that stand here already are told by `finish`: some servers repeat them in deltas.
    this.#tell(this.#early)
    this.#early = ''
  }

  say(_type: string, frame: Record<string, unknown>): void {
    if (this.isDone) return
    const text = filled(frame.delta) ?? ''
    if (this.#index === undefined) this.#early += text
    else this.#tell(text)
  }

  finish(item: Record<string, unknown>): void {
    if (this.isDone) return
    this.begin(item)
    this.#tell(missing(this.#told, filled(item.arguments) ?? filled(item.input) ?? ''))
    this.abandon()
  }

  abandon(): void {
    if (this.isDone) return
    this.isDone = true
    if (this.#index !== undefined) this.#teller.close(this.#index)
  }

  #tell(text: string): void {
    if (text === '' || this.#index === undefined) return
    this.#told += text
    this.#teller.delta(this.#index, { kind: 'arguments', text })
  }
}
