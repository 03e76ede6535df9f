import type { ToolCallPart } from '../../model/part.ts'
import type { PartWriter, Stage } from './stage.ts'
import { typedItem } from './typed-call.ts'

/** A call becomes an item of the kind that its tool was declared as: agents look for exactly that. */
export function callWriter(part: ToolCallPart, stage: Stage): PartWriter {
  if (part.tool.flavor === 'typed') return typedWriter(part, part.tool.type, stage)
  return part.tool.flavor === 'custom'
    ? spokenWriter(part, customWords, stage)
    : spokenWriter(part, functionWords, stage)
}

interface Words {
  readonly type: 'function_call' | 'custom_tool_call'
  readonly prefix: 'fc' | 'ctc'
  readonly field: 'arguments' | 'input'
  readonly event: string
  /** What stands for nothing at all. */
  readonly empty: string
}

const functionWords: Words = {
  type: 'function_call',
  prefix: 'fc',
  field: 'arguments',
  event: 'response.function_call_arguments',
  empty: '{}',
}

const customWords: Words = {
  type: 'custom_tool_call',
  prefix: 'ctc',
  field: 'input',
  event: 'response.custom_tool_call_input',
  empty: '',
}

function spokenWriter(part: ToolCallPart, words: Words, stage: Stage): PartWriter {
  const item = {
    id: stage.mint(words.prefix),
    type: words.type,
    call_id: stage.callId(part.id),
    name: part.name,
    ...(part.namespace !== undefined && { namespace: part.namespace }),
    ...(part.caller !== undefined && { caller: part.caller }),
  }
  const index = stage.add({ ...item, status: 'in_progress', [words.field]: '' })
  const place = { item_id: item.id, output_index: index }
  let text = ''
  const say = (more: string) => {
    if (more === '') return
    text += more
    stage.emit(`${words.event}.delta`, { ...place, delta: more })
  }
  say(part.arguments)
  return {
    delta: (delta) => delta.kind === 'arguments' && say(delta.text),
    close() {
      if (text === '') say(words.empty)
      stage.emit(`${words.event}.done`, { ...place, [words.field]: text })
      stage.finish(index, { ...item, status: 'completed', [words.field]: text })
    },
  }
}

/** Calls of typed tools are told whole: their shape is known only when their last word is. */
function typedWriter(part: ToolCallPart, type: string, stage: Stage): PartWriter {
  let text = part.arguments
  return {
    delta(delta) {
      if (delta.kind === 'arguments') text += delta.text
    },
    close() {
      const item = typedItem(type, part.id, text)
      if (!item) {
        spokenWriter({ ...part, arguments: text }, functionWords, stage).close(undefined)
        return
      }
      const whole = { id: stage.mint(item.prefix), ...item.fields, call_id: stage.callId(part.id) }
      const index = stage.add({ ...whole, status: 'in_progress' })
      stage.finish(index, { ...whole, status: 'completed' })
    },
  }
}
