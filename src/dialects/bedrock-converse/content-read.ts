import type { Citation, Part, Seal } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import { readCitation } from './citations.ts'

type Fields = Readonly<Record<string, unknown>>

export const textIn = (value: unknown): string => (typeof value === 'string' ? value : '')

export const signature = (data: string): Seal => ({ dialect: 'bedrock-converse', kind: 'signature', data })

/** A thought that its maker withholds. `data` is base64. */
export const redacted = (data: string): Part => ({
  kind: 'thinking',
  text: '',
  form: 'redacted',
  seal: { dialect: 'bedrock-converse', kind: 'redacted', data },
})

/** A block of a whole answer. Undefined: it says nothing. `newId` is for calls without an id. */
export function readBlock(block: unknown, newId: () => string): Part | undefined {
  if (!isRecord(block)) return undefined
  for (const [member, read] of Object.entries(readers)) {
    const value = block[member]
    if (value !== undefined && value !== null) return read(value, newId)
  }
  const [type = 'block'] = Object.keys(block)
  return { kind: 'opaque', dialect: 'bedrock-converse', type, value: block }
}

const readers: Readonly<Record<string, (value: unknown, newId: () => string) => Part | undefined>> = {
  text: (text) => (textIn(text) === '' ? undefined : { kind: 'text', text: textIn(text) }),
  reasoningContent: (value) => (isRecord(value) ? readThought(value) : undefined),
  toolUse: (value, newId) => (isRecord(value) ? readCall(value, newId) : undefined),
  toolResult: (value) => (isRecord(value) ? readServerResult(value) : undefined),
  citationsContent: (value) => (isRecord(value) ? readCited(value) : undefined),
  image: (value) => (isRecord(value) ? readImage(value) : undefined),
}

function readThought(content: Fields): Part | undefined {
  const withheld = textIn(content.redactedContent)
  if (withheld !== '') return redacted(withheld)
  const said = isRecord(content.reasoningText) ? content.reasoningText : {}
  const seal = textIn(said.signature)
  if (textIn(said.text) === '' && seal === '') return undefined
  return { kind: 'thinking', text: textIn(said.text), form: 'raw', ...(seal !== '' && { seal: signature(seal) }) }
}

/** A call, whole or as a stream begins it. Those that AWS runs by itself say so in `type`. */
export function readCall(call: Fields, newId: () => string): Part {
  const named = { id: textIn(call.toolUseId) || `call_${newId()}`, name: textIn(call.name) }
  const said = call.input === undefined ? '' : JSON.stringify(call.input)
  if (call.type === 'server_tool_use') return { kind: 'server_call', ...named, tool: 'other', arguments: said }
  return { kind: 'tool_call', ...named, tool: { flavor: 'function' }, arguments: said }
}

/** A result in an answer is that of a tool that AWS ran. */
export const readServerResult = (result: Fields): Part => ({
  kind: 'server_result',
  id: textIn(result.toolUseId),
  tool: 'other',
  name: textIn(result.type) || 'tool_result',
  native: { dialect: 'bedrock-converse', value: result },
})

function readCited(block: Fields): Part | undefined {
  const texts = (Array.isArray(block.content) ? block.content : []).map((one: unknown) =>
    isRecord(one) ? textIn(one.text) : '',
  )
  const citations = (Array.isArray(block.citations) ? block.citations : []).flatMap((one: unknown): Citation[] =>
    [readCitation(one)].filter((citation) => citation !== undefined),
  )
  const text = texts.join('')
  if (text === '') return undefined
  return { kind: 'text', text, ...(citations.length > 0 && { citations }) }
}

export function readImage({ format, source }: Fields): Part | undefined {
  const data = isRecord(source) ? textIn(source.bytes) : ''
  if (data === '') return undefined
  return { kind: 'media', media: 'image', source: { kind: 'base64', data }, mime: `image/${textIn(format) || 'png'}` }
}
