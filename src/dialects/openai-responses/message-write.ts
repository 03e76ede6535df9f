import type { InputContent, Item } from './shapes.ts'
import type { Writing } from './writing.ts'

/** A lone text is sent as a string, which every server takes. */
export function message(role: string, content: readonly InputContent[], writing: Writing): Item[] {
  const [only] = content
  if (!only) return []
  const isPlain = content.every((piece) => piece.type === 'input_text' && !piece.prompt_cache_breakpoint)
  if (isPlain && content.length === 1 && only.type === 'input_text')
    return [{ type: 'message', role, content: only.text }]
  if (isPlain && role !== 'user' && !writing.quirks.opaqueItems) {
    const texts = content.flatMap((piece) => (piece.type === 'input_text' ? [piece.text] : []))
    return [{ type: 'message', role, content: texts.join('\n\n') }]
  }
  return [{ type: 'message', role, content }]
}

/** What the assistant said, as a message. */
export const says = (text: string): Item[] =>
  text === '' ? [] : [{ type: 'message', role: 'assistant', content: text }]
