import { isEnvelope } from '../../model/envelope.ts'
import type { Part, ServerCallPart, ServerResultPart } from '../../model/part.ts'
import { toolInput } from '../../model/tools/arguments.ts'
import { isRecord } from '../../wire/json.ts'
import { isOurs } from './ids.ts'
import { says } from './message-write.ts'
import type { Item } from './shapes.ts'
import type { Writing } from './writing.ts'

/** An item of this format that no neutral part can stand for, as it came. */
export function ownItem(part: Part, { quirks }: Writing): Item[] | undefined {
  if (part.kind === 'compaction') {
    const { seal } = part
    const isOwn = seal?.dialect === 'openai-responses' && seal.kind === 'compaction' && !isEnvelope(seal.data)
    return isOwn ? [{ type: 'compaction', encrypted_content: seal.data }] : undefined
  }
  if (part.kind !== 'opaque' || part.dialect !== 'openai-responses' || !quirks.opaqueItems) return undefined
  // A piece of content of an unknown type is no item.
  if (!isRecord(part.value) || /^(input|output)_/.test(part.type)) return undefined
  return [asItCame(part.value, part.type)]
}

function asItCame(value: Record<string, unknown>, type: string): Item {
  const { id, ...rest } = value
  return { ...rest, ...(id !== undefined && !isOurs(id) && { id }), type }
}

/** Whether a trace goes back as the item that it was. */
export const goesWhole = ({ native }: ServerCallPart | ServerResultPart, { quirks }: Writing): boolean =>
  native?.dialect === 'openai-responses' && quirks.opaqueItems && isRecord(native.value) && !isOurs(native.value.id)

/** Traces of this format go back as the items that they were; those of others are told in words. */
export function writeTrace(part: ServerCallPart | ServerResultPart, writing: Writing): Item[] {
  const value = part.native?.value
  if (goesWhole(part, writing) && isRecord(value)) return [asItCame(value, String(value.type))]
  const text = part.kind === 'server_call' ? askedWords(part) : foundWords(part)
  if (text !== '') writing.change('server_tool_use')
  return says(text)
}

const askedWords = (call: ServerCallPart): string =>
  call.tool === 'image' || call.tool === 'tool_search'
    ? ''
    : `[${call.name}: ${JSON.stringify(toolInput(call.arguments))}]`

function foundWords(result: ServerResultPart): string {
  const hits = (result.hits ?? []).map((hit) => `- ${hit.title}: ${hit.url}`)
  const lines = [...hits, ...(result.output ? [result.output] : []), ...(result.errorCode ? [result.errorCode] : [])]
  return lines.length === 0 ? '' : `[${result.name} found:]\n${lines.join('\n')}`
}
