import type { ChatEvent, OpenEvent } from '../event.ts'
import type { ToolCallPart } from '../part.ts'
import type { ToolMap, WireTool } from '../tools/name.ts'
import { isParallel, parallelCalls } from './parallel-calls.ts'
import { type Decoder, stringField } from './string-field.ts'
import type { Transform } from './transform.ts'

/**
 * Gives tool calls the client's names back, and free-text tools that were declared as functions their text. One call that
 * wraps several is taken apart once it is whole. Names that the map does not know stay. Expects parts in sequence.
 */
export function restoreTools(map: ToolMap): Transform {
  let shift = 0
  let decoder: Decoder | undefined
  let wrapper: Wrapper | undefined

  function onOpen(event: OpenEvent): ChatEvent[] {
    const { part } = event
    const index = event.index + shift
    decoder = undefined
    if (part.kind !== 'tool_call') return [{ ...event, index }]
    if (!map.has(part.name) && isParallel(part.name)) {
      wrapper = { open: { ...event, index, part }, text: part.arguments }
      return []
    }
    const known = map.get(part.name)
    if (!known) return [{ ...event, index }]
    if (known.wrapped) decoder = stringField('input')
    const said = decoder ? decoder.push(part.arguments) : part.arguments
    return [{ ...event, index, part: { ...restored(part, known), arguments: said } }]
  }

  function onArguments(index: number, text: string): ChatEvent[] {
    const said = decoder ? decoder.push(text) : text
    return said === '' ? [] : [{ type: 'delta', index: index + shift, delta: { kind: 'arguments', text: said } }]
  }

  function unwrap({ open, text }: Wrapper, close: ChatEvent & { type: 'close' }): ChatEvent[] {
    wrapper = undefined
    const calls = parallelCalls(open.part, text)
    const first = open.index
    shift += calls.length - 1
    return calls.flatMap((call, at) => whole(call, at === 0 ? close : undefined, { ...open, index: first + at }))
  }

  /** One call of several, told through the same steps as any other. */
  function whole(call: ToolCallPart, close: ChatEvent | undefined, open: OpenEvent): ChatEvent[] {
    const known = map.get(call.name)
    const input = known?.wrapped ? stringField('input') : undefined
    const text = input ? input.push(call.arguments) + input.end() : call.arguments
    const part = { ...(known ? restored(call, known) : call), arguments: '' }
    return [
      { ...open, part },
      { type: 'delta', index: open.index, delta: { kind: 'arguments', text } },
      { ...close, type: 'close', index: open.index },
    ]
  }

  return {
    push(event) {
      if (event.type === 'open') return onOpen(event)
      if (event.type === 'delta') {
        if (event.delta.kind !== 'arguments') return [{ ...event, index: event.index + shift }]
        if (!wrapper) return onArguments(event.index, event.delta.text)
        wrapper.text += event.delta.text
        return []
      }
      if (event.type !== 'close') return [event]
      if (wrapper) return unwrap(wrapper, event)
      const tail = decoder?.end() ?? ''
      decoder = undefined
      const said: ChatEvent = { type: 'delta', index: event.index + shift, delta: { kind: 'arguments', text: tail } }
      return [...(tail === '' ? [] : [said]), { ...event, index: event.index + shift }]
    },
  }
}

interface Wrapper {
  readonly open: OpenEvent & { readonly part: ToolCallPart }
  text: string
}

function restored(part: ToolCallPart, known: WireTool): ToolCallPart {
  const { namespace: _upstream, ...bare } = part
  return {
    ...bare,
    name: known.name,
    ...(known.namespace !== undefined && { namespace: known.namespace }),
    tool: known.tool,
  }
}
