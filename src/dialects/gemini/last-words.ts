import type { LastWords } from '../dialect.ts'

const prefix = 'data: '

/**
 * The vendor's SDKs know an error in the middle of a stream as the vendor writes it: bare, in a chunk of its own. Below
 * 2.x they overlook one in a `data` frame, and of a connection that broke their clients do not try again (Gemini CLI
 * does after a bare error). Readers of server-sent events are the other way round.
 * Seen with `@google/genai` 0.15 to 3.1, `google-genai` 3.4 for Python, `@ai-sdk/google` 3.0 and Gemini CLI 0.61.
 */
export function lastWords(fault: string, headers: Readonly<Record<string, string>>): LastWords {
  const knowsBare = headers['x-goog-api-client']?.includes('google-genai-sdk') ?? false
  return knowsBare && fault.startsWith(prefix)
    ? { text: fault.slice(prefix.length), connection: 'ends' }
    : { text: fault, connection: 'breaks' }
}
