export type GeminiAction = 'generateContent' | 'streamGenerateContent' | 'countTokens'

export interface GeminiPath {
  readonly model: string
  readonly action: GeminiAction
  readonly isSse: boolean
}

const actions: readonly string[] = ['generateContent', 'streamGenerateContent', 'countTokens'] satisfies GeminiAction[]

const isAction = (word: string): word is GeminiAction => actions.includes(word)

/** Whether a path ends in one of the actions: such a path is meant for Gemini's format wherever it stands. */
export const endsInAction = (path: string): boolean =>
  /^[^?]*(?::|%3[Aa])(?:generateContent|streamGenerateContent|countTokens)\/?(?:\?|$)/.test(path)

/**
 * Model and action of a path such as `/v1beta/models/anthropic/claude-sonnet-4-5:streamGenerateContent?alt=sse`. Model
 * names may hold slashes and colons, escaped or not. Vertex's paths name a project and a publisher before the model; some
 * clients leave `models/` out when the name holds a slash.
 */
export function geminiPath(url: string): GeminiPath | undefined {
  const [escaped = '', query = ''] = url.split('?', 2)
  const path = unescaped(escaped)
  const version = path === undefined ? null : /^\/v1(?:beta1?|alpha)?\//.exec(path)
  if (path === undefined || !version) return undefined
  const colon = path.lastIndexOf(':')
  const action = path.slice(colon + 1).replace(/\/+$/, '')
  if (colon < version[0].length || !isAction(action)) return undefined
  const model = modelIn(path.slice(version[0].length, colon))
  if (!model) return undefined
  return { model, action, isSse: new URLSearchParams(query).get('alt') === 'sse' }
}

/**
 * Vertex's own publisher, which says nothing. Its SDK makes a publisher of what stands before the slash in `vendor/model`.
 * A tuned model keeps the collection in its name (`tunedModels/x`), because its vendor knows it by that.
 */
const modelIn = (resource: string): string =>
  resource
    .replace(/^projects\/[^/]+\/locations\/[^/]+\//, '')
    .replace(/^publishers\/google\//, '')
    .replace(/^publishers\/([^/]+)\/models\//, '$1/')
    .replace(/^(?:models\/)+/, '')

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that begins no escape: there is no such model.
    return undefined
  }
}
