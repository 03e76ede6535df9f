import { isRecord } from '../../wire/json.ts'

/**
 * The places of results that their content holds already: Gemini CLI writes each result twice into a session that it
 * resumes, and the vendor refuses a turn with more results than calls.
 * @see https://github.com/google-gemini/gemini-cli/issues/16543
 */
export function repeatedResults(parts: readonly unknown[]): readonly number[] {
  const first = new Map<unknown, unknown>()
  const repeated: number[] = []
  for (const [at, part] of parts.entries()) {
    const response = isRecord(part) ? (part.functionResponse ?? part.function_response) : undefined
    if (!isRecord(response) || typeof response.id !== 'string' || response.id === '') continue
    const before = first.get(response.id)
    if (before === undefined) first.set(response.id, response)
    else if (JSON.stringify(before) === JSON.stringify(response)) repeated.push(at)
  }
  return repeated
}
