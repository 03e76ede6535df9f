import { endsInAction } from './gemini-path.ts'

/** The first segments of routes that clients may reach below a prefix of their own (`/anthropic/v1/messages`). */
const known =
  /\/(?:v1(?:beta1?|alpha)?)\/(?:messages|chat\/completions|completions|responses|models|projects|publishers|tunedModels|openai\/models)(?=[/:?]|$)/

/** Where the path of a Gemini action begins that names the model alone (`/v1beta/vendor/model:generateContent`). */
const version = /\/v1(?:beta1?|alpha)?\/(?!v1(?:beta1?|alpha)?\/)/

/**
 * The path as the routes know it. Base URLs get pasted with too much (`/v1/v1/…`, `/openai/v1/…`) or with doubled slashes;
 * all that stands before a known route is left out.
 */
export function canonicalPath(url: string): string {
  const clean = withoutDoubledSlashes(url)
  const found = known.exec(clean) ?? (endsInAction(clean) ? version.exec(clean) : null)
  return found && found.index > 0 && !clean.slice(0, found.index).includes('?') ? clean.slice(found.index) : clean
}

/** The query stays as it is. */
function withoutDoubledSlashes(url: string): string {
  if (!url.includes('//')) return url
  const query = url.indexOf('?')
  const end = query < 0 ? url.length : query
  return url.slice(0, end).replace(/\/{2,}/g, '/') + url.slice(end)
}
