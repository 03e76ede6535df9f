import type { ChatEvent, OpenEvent } from '../event.ts'
import type { Transform } from './transform.ts'

/**
 * Tells the arguments of the tool `name` as the answer's text: schema output through a forced tool. Words around the call
 * are left out, since the text must be one JSON value; they are told after all when the call never comes. Expects parts in sequence.
 */
export function textFromTool(name: string): Transform {
  let opened = 0
  let part: Handling = 'pass'
  let isAnswered = false
  let hasOtherCalls = false
  let isEmpty = true
  /** Texts that turn out to be the answer, or chatter before it. */
  let held: ChatEvent[] = []

  function onOpen(event: OpenEvent): ChatEvent[] {
    part = handling(event)
    if (part === 'hold') held.push(event)
    if (part === 'hold' || part === 'drop') return []
    if (part === 'pass') {
      const isOther = event.part.kind === 'tool_call'
      hasOtherCalls ||= isOther
      const before = isOther ? release() : []
      return [...before, { ...event, index: opened++ }]
    }
    isAnswered = true
    held = []
    const text = event.part.kind === 'tool_call' ? event.part.arguments : ''
    isEmpty = text.trim() === ''
    const { choice } = event
    return [{ type: 'open', index: opened++, part: { kind: 'text', text }, ...(choice !== undefined && { choice }) }]
  }

  function handling({ part: { kind, ...rest } }: OpenEvent): Handling {
    if (kind === 'tool_call' && 'name' in rest && rest.name === name) return isAnswered ? 'drop' : 'answer'
    if (kind !== 'text') return 'pass'
    return isAnswered ? 'drop' : 'hold'
  }

  function onMore(event: ChatEvent & { type: 'delta' | 'close' }): ChatEvent[] {
    if (part === 'hold') held.push(event)
    if (part === 'hold' || part === 'drop') return []
    const index = opened - 1
    if (part === 'pass') return [{ ...event, index }]
    if (event.type === 'close') return [...(isEmpty ? [textDelta(index, '{}')] : []), { type: 'close', index }]
    if (event.delta.kind !== 'arguments') return []
    isEmpty &&= event.delta.text.trim() === ''
    return [textDelta(index, event.delta.text)]
  }

  /** What was held, with the numbers that are now free. */
  function release(): ChatEvent[] {
    const told = held.map((event) => {
      if (event.type === 'open') return { ...event, index: opened++ }
      return event.type === 'delta' || event.type === 'close' ? { ...event, index: opened - 1 } : event
    })
    held = []
    return told
  }

  return {
    push(event) {
      if (event.type === 'open') return onOpen(event)
      if (event.type === 'delta' || event.type === 'close') return onMore(event)
      if (event.type === 'start') return [event]
      const before = release()
      if (event.type !== 'stop' || !isAnswered || hasOtherCalls || event.stop.reason !== 'tool_calls')
        return [...before, event]
      return [...before, { ...event, stop: { reason: 'end' } }]
    },
  }
}

/** What becomes of the part that is open. */
type Handling = 'pass' | 'hold' | 'drop' | 'answer'

const textDelta = (index: number, text: string): ChatEvent => ({ type: 'delta', index, delta: { kind: 'text', text } })
