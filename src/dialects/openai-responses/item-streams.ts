import { isRecord } from '../../wire/json.ts'
import { CallStream } from './call-stream.ts'
import { readItem } from './item-read.ts'
import type { ItemStream } from './item-stream.ts'
import { MessageStream } from './message-stream.ts'
import { ReasoningStream } from './reasoning-stream.ts'
import type { Teller } from './teller.ts'

/** Events that tell an item bit by bit, and the type of item that they belong to. */
export const streamedTypes: Readonly<Record<string, string>> = {
  'response.output_text.delta': 'message',
  'response.output_text.annotation.added': 'message',
  'response.refusal.delta': 'message',
  'response.reasoning_summary_text.delta': 'reasoning',
  'response.reasoning_text.delta': 'reasoning',
  'response.function_call_arguments.delta': 'function_call',
  'response.custom_tool_call_input.delta': 'custom_tool_call',
}

export function itemStream(type: string, teller: Teller): ItemStream {
  if (type === 'message') return new MessageStream(teller)
  if (type === 'reasoning') return new ReasoningStream(teller)
  if (type === 'function_call' || type === 'custom_tool_call') return new CallStream(type, teller)
  return new WholeStream(type, teller)
}

/** An item that is told when it is complete: traces of the vendor's tools, calls of typed tools, opaque ones. */
class WholeStream implements ItemStream {
  readonly type: string
  id: string | undefined
  readonly #teller: Teller
  isDone = false

  constructor(type: string, teller: Teller) {
    this.type = type
    this.#teller = teller
  }

  begin(): void {}

  say(): void {}

  finish(item: Record<string, unknown>): void {
    if (this.isDone || !isRecord(item)) return
    this.isDone = true
    for (const part of readItem(item, 'output', this.#teller.reading)?.parts ?? []) {
      if (part.kind !== 'tool_call') this.#teller.whole(part)
      else {
        const index = this.#teller.open({ ...part, id: this.#teller.callId(part.id), arguments: '' })
        if (part.arguments !== '') this.#teller.delta(index, { kind: 'arguments', text: part.arguments })
        this.#teller.close(index)
      }
    }
  }

  abandon(): void {
    this.isDone = true
  }
}
