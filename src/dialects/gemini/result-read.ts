import type { Part, ToolResultPart } from '../../model/part.ts'
import { readFile, readInline } from './media-read.ts'
import { type Message, readList, readMessage, readText } from './proto.ts'

/** What a function gave back, perhaps with pictures. */
export function readResponse(response: Message): ToolResultPart {
  const name = readText(response.name)
  const media = readList(response.parts).flatMap((part) =>
    part.inlineData !== undefined ? readInline(part) : part.fileData !== undefined ? readFile(part) : [],
  )
  return {
    kind: 'tool_result',
    // Empty where the client gives none: paired by name, then by order.
    id: readText(response.id) ?? '',
    ...(name !== undefined && { name }),
    tool: { flavor: 'function' },
    ...readPayload(unwrapped(response.response, name), media),
  }
}

/** The AI SDK says `{name, content}`, the name once more: what it means is the content. */
function unwrapped(payload: unknown, name: string | undefined): unknown {
  const message = readMessage(payload)
  const isWrapped = message && Object.keys(message).length === 2 && message.name === name && 'content' in message
  return isWrapped ? { output: message.content } : payload
}

/** Exactly `{output: text}` is that text, an `error` makes it one, anything else is told as JSON. */
function readPayload(payload: unknown, media: readonly Part[]): { parts: readonly Part[]; isError?: boolean } {
  const message = readMessage(payload)
  const keys = message ? Object.keys(message) : []
  const isError = message?.error !== undefined && message.error !== null
  const value = keys.length === 1 ? (message?.error ?? readText(message?.output) ?? payload) : payload
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? {})
  // Nothing but pictures: no empty object beside them.
  const parts: readonly Part[] = text === '{}' && media.length > 0 ? media : [{ kind: 'text', text }, ...media]
  return { parts, ...(isError && { isError }) }
}
