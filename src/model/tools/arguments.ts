import { isRecord } from '../record.ts'

/**
 * A call's arguments as the object that Anthropic and Gemini demand. Nothing said is `{}`, also when it is said as `null`;
 * what is no JSON stands whole under `_raw`; JSON that is no object stands under `value`.
 */
export function toolInput(text: string): Record<string, unknown> {
  if (text.trim() === '') return {}
  const parsed = read(text)
  if (parsed === undefined) return { _raw: text }
  if (parsed.value === null) return {}
  return isRecord(parsed.value) ? parsed.value : { value: parsed.value }
}

/** Whether the text is one complete JSON value: a call that was cut off is not. */
export const isWholeJson = (text: string): boolean => read(text) !== undefined

function read(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
