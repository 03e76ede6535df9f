import type { ChatEvent } from '../event.ts'
import { toolInput } from '../tools/arguments.ts'
import type { Transform } from './transform.ts'

/**
 * Tells only the value of a text that is `{"value": …}`: one word of a list, asked for through a schema. Such texts are short
 * and wait until they are whole. A text of another shape is told as it is. Expects parts in sequence.
 */
export function textFromValue(): Transform {
  let text: string | undefined
  return {
    push(event) {
      if (event.type === 'open' && event.part.kind === 'text') {
        text = event.part.text
        return [{ ...event, part: { ...event.part, text: '' } }]
      }
      if (text === undefined) return [event]
      if (event.type === 'delta' && event.delta.kind === 'text') {
        text += event.delta.text
        return []
      }
      if (event.type !== 'close') return [event]
      const said: ChatEvent = { type: 'delta', index: event.index, delta: { kind: 'text', text: valueIn(text) } }
      text = undefined
      return [said, event]
    },
  }
}

function valueIn(text: string): string {
  if (!text.trimStart().startsWith('{')) return text
  const read = toolInput(text)
  if (!('value' in read) || Object.keys(read).length !== 1) return text
  return typeof read.value === 'string' ? read.value : JSON.stringify(read.value)
}
