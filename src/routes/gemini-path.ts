export type GeminiAction = 'generateContent' | 'streamGenerateContent' | 'countTokens'

export interface GeminiPath {
  readonly model: string
  readonly action: GeminiAction
  readonly isSse: boolean
}

const actions: readonly string[] = ['generateContent', 'streamGenerateContent', 'countTokens'] satisfies GeminiAction[]

const isAction = (word: string): word is GeminiAction => actions.includes(word)

/**
 * Model and action of a path such as `/v1beta/models/anthropic/claude-sonnet-4-5:streamGenerateContent?alt=sse`. Model
 * names may hold slashes and colons, escaped or not; Vertex's longer paths end the same way.
 */
export function geminiPath(url: string): GeminiPath | undefined {
  const [escaped = '', query = ''] = url.split('?', 2)
  const path = unescaped(escaped)
  if (path === undefined) return undefined
  const colon = path.lastIndexOf(':')
  const action = path.slice(colon + 1).replace(/\/+$/, '')
  const from = path.indexOf('/models/')
  if (colon < 0 || from < 0 || from > colon || !isAction(action)) return undefined
  const model = path.slice(from + '/models/'.length, colon).replace(/^models\//, '')
  if (!model) return undefined
  return { model, action, isSse: new URLSearchParams(query).get('alt') === 'sse' }
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that begins no escape: there is no such model.
    return undefined
  }
}
