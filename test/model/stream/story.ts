import type { ChatEvent } from '../../../src/model/event.ts'
import type { Part, ToolCallPart } from '../../../src/model/part.ts'
import { type Folded, fold, type Reply, type Stop } from '../../../src/model/reply.ts'
import type { Transform } from '../../../src/model/stream/transform.ts'
import { usageOf } from '../../../src/model/usage.ts'

export const usage = usageOf({ input: 3, output: 5 })

/** A reply of these parts with everything else plain. */
export const replyOf = (parts: readonly Part[], stop: Stop = { reason: 'end' }): Reply => ({
  id: 'r1',
  parts,
  stop,
  usage,
})

export const text = (said: string): Part => ({ kind: 'text', text: said })

export const call = (id: string, name: string, input = '{}'): ToolCallPart => ({
  kind: 'tool_call',
  id,
  name,
  tool: { flavor: 'function' },
  arguments: input,
})

export const run = (transform: Transform, events: Iterable<ChatEvent>): ChatEvent[] =>
  [...events].flatMap((event) => transform.push(event))

/** The folded reply; fails where the events break the law of order for parts in sequence. */
export function replyFrom(events: readonly ChatEvent[]): Reply {
  const folded = foldLawful(events)
  if (!folded.ok) throw new Error(folded.fault.message)
  return folded.reply
}

/** Folds events that tell one part after another, numbered from 0 without gaps, with one end, last. */
export function foldLawful(events: readonly ChatEvent[]): Folded {
  let opened = 0
  let isOpen = false
  for (const [at, event] of events.entries()) {
    if (event.type === 'open') {
      if (isOpen || event.index !== opened) throw new Error(`part ${event.index} opened out of turn`)
      opened++
      isOpen = true
    } else if (event.type === 'delta' || event.type === 'close') {
      if (!isOpen || event.index !== opened - 1) throw new Error(`${event.type} of part ${event.index} out of turn`)
      isOpen = event.type === 'delta'
    } else if (isOpen) throw new Error(`${event.type} while a part is open`)
    if ((event.type === 'stop' || event.type === 'fault') !== (at === events.length - 1))
      throw new Error('the end must come once, and last')
  }
  return fold(events)
}

/** The same events with every text and argument delta cut into pieces of at most `size` characters. */
export function cutDeltas(events: Iterable<ChatEvent>, size: number): ChatEvent[] {
  return [...events].flatMap((event): ChatEvent[] => {
    if (event.type !== 'delta' || (event.delta.kind !== 'text' && event.delta.kind !== 'arguments')) return [event]
    const { kind, text: whole } = event.delta
    const pieces: ChatEvent[] = []
    for (let at = 0; at < whole.length; at += size)
      pieces.push({ ...event, delta: { kind, text: whole.slice(at, at + size) } })
    return pieces
  })
}
