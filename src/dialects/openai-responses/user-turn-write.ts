import { textOf } from '../../model/history.ts'
import type { Part, ToolResultPart } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { wireId } from '../../model/tools/id.ts'
import { writeContent } from './content-write.ts'
import { message } from './message-write.ts'
import { ownItem } from './own-item-write.ts'
import type { InputContent, Item } from './shapes.ts'
import { typedOutput } from './typed-call.ts'
import type { Writing } from './writing.ts'

/** Results stand as items of their own; what is around them goes into messages, in order. */
export function writeUserTurn(turn: Turn, writing: Writing): Item[] {
  const items: Item[] = []
  const said: Part[] = []
  /** What a result could not hold. Nothing may stand between the results of one step, so it comes behind them all. */
  const late: InputContent[] = []
  const flush = () => {
    const named = turn.name === undefined || said.length === 0 ? said : [speaker(turn.name), ...said]
    items.push(...message('user', [...late.splice(0), ...writeContent(named, writing)], writing))
    said.length = 0
  }
  for (const part of turn.parts) {
    if (part.kind === 'tool_result') {
      if (said.length > 0) flush()
      items.push(writeResult(part, writing, late))
      continue
    }
    const own = ownItem(part, writing)
    if (!own) said.push(part)
    else {
      flush()
      items.push(...own)
    }
  }
  flush()
  return items
}

/** The format has no place for names. */
const speaker = (name: string): Part => ({ kind: 'text', text: `[${name}]` })

function writeResult(part: ToolResultPart, writing: Writing, late: InputContent[]): Item {
  const callId = wireId(part.id)
  const typed = writeTypedResult(part, callId, writing)
  if (typed) return typed
  const isCustom = part.tool.flavor === 'custom' && writing.quirks.customTools
  const type = isCustom ? 'custom_tool_call_output' : 'function_call_output'
  const content = writeContent(part.isError ? withErrorMark(part.parts) : part.parts, writing)
  return { type, call_id: callId, output: writeOutput(part, content, writing, late) }
}

function writeTypedResult(
  { tool, parts, isError }: ToolResultPart,
  callId: string,
  writing: Writing,
): Item | undefined {
  if (tool.flavor !== 'typed' || !writing.quirks.typedTools.includes(tool.type)) return undefined
  return typedOutput(tool.type, callId, textOf(parts), isError === true)
}

/** A lone text is sent as a string, which every server takes; lists keep pictures and files where they are. */
function writeOutput(
  part: ToolResultPart,
  content: readonly InputContent[],
  writing: Writing,
  late: InputContent[],
): string | readonly InputContent[] {
  const isMarked = part.cache !== undefined && writing.target.capabilities.cacheBreakpoints
  const list = isMarked ? markLast(content, part) : content
  const texts = list.flatMap((piece) => (piece.type === 'input_text' ? [piece.text] : []))
  const isPlain = texts.length === list.length && !(writing.hasBreakpoints && writing.quirks.listOutputs)
  if (isPlain && list.length <= 1) return texts[0] ?? ''
  if (writing.quirks.listOutputs) return list
  const others = list.filter((piece) => piece.type !== 'input_text')
  if (others.length > 0) writing.change('tool_result')
  late.push(...others)
  return texts.length > 0 ? texts.join('\n\n') : 'See the following message.'
}

function markLast(content: readonly InputContent[], { cache }: ToolResultPart): readonly InputContent[] {
  const ttl = cache?.ttl === '12h' ? '12h' : '30m'
  return content.map((piece, at) =>
    at === content.length - 1 ? { ...piece, prompt_cache_breakpoint: { mode: 'explicit', ttl } } : piece,
  )
}

/** The format has no mark for errors, so the words must say it. */
function withErrorMark(parts: readonly Part[]): readonly Part[] {
  const first = parts.findIndex((part) => part.kind === 'text')
  const text = parts[first]
  if (text?.kind !== 'text') return [{ kind: 'text', text: 'Error: the tool failed.' }, ...parts]
  if (/^error\b/i.test(text.text)) return parts
  return parts.map((part, at) => (at === first ? { ...text, text: `Error: ${text.text}` } : part))
}
