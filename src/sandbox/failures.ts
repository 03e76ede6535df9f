import { rowOf } from './untyped.ts'

/** How an answer is to go wrong. Words are counted in what the answer streams. */
export type Failure = (
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'cut' | 'stall' | 'error'; readonly afterWords: number }
  | { readonly kind: 'html' | '200error' | 'giant' | 'garbage' | 'short' | 'silence' }
) & {
  /** How often the same instruction fails before it is answered; for ever where it is not said. */
  readonly times?: number
}

/** What a test may ask of an answer beside its contents. */
export interface Directives {
  readonly failure?: Failure
  /** Pause between two words of a stream. */
  readonly delayMs?: number
  /** The answer is this many words long. */
  readonly words?: number
  /** The largest prompt, in the sandbox's own tokens, where it is to be smaller than the model's. */
  readonly contextTokens?: number
  /** Input tokens that are reported as read from a cache. */
  readonly cached?: number
  /** Another ending than the natural one. */
  readonly end?: 'refusal' | 'filter'
  /** Thinking that nobody may read. */
  readonly think?: 'redacted'
}

/**
 * Finds directives in a text: `sandbox:fail=429`, `sandbox: delay=20ms fail=cut@5`, `sandbox: words=300`, `sandbox:fail=529*2`.
 * What it does not know it leaves alone.
 */
export const readDirectives = (text: string): Directives =>
  Object.assign({}, ...[...text.matchAll(DIRECTIVE)].map(([, settings = '']) => readSettings(settings)))

/** Settings without the word before them, as a header or a model's name carries them: `fail=429`. */
export const readSettings = (settings: string): Directives =>
  Object.assign({}, ...[...settings.matchAll(SETTING)].map(([, name = '', value = '']) => readSetting(name, value)))

/** The text without its directives. */
export const withoutDirectives = (text: string): string =>
  text.includes('sandbox') ? text.replaceAll(DIRECTIVE, '') : text

/** The value of the header `x-sandbox-fail`: `429`, `cut@3`. */
export const readFailure = (value: string): Directives => readSetting('fail', value.trim())

const DIRECTIVE = /\bsandbox:\s*((?:(?:fail|delay|words|cached|context|end|think)=[\w@*]+[\t ,;]*)+)/g
const SETTING = /([a-z]+)=([\w@*]+)/g

const readSetting = (name: string, value: string): Directives => rowOf(SETTINGS, name)?.(value) ?? {}

const SETTINGS: Readonly<Record<string, (value: string) => Directives>> = {
  fail: (value) => withFailure(failureOf(value)),
  delay: (value) => ({ delayMs: Number.parseInt(value, 10) || 0 }),
  words: (value) => ({ words: Math.min(Number.parseInt(value, 10) || 0, MOST_WORDS) }),
  cached: (value) => ({ cached: Number.parseInt(value, 10) || 0 }),
  context: (value) => (/^\d+$/.test(value) ? { contextTokens: Number(value) } : {}),
  end: (value) => (value === 'refusal' || value === 'filter' ? { end: value } : {}),
  think: (value) => (value === 'redacted' ? { think: value } : {}),
}

const MOST_WORDS = 1_000_000
const FAILED_STATUSES = [400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529]
const AFTER_WORDS = 3

const withFailure = (failure: Failure | undefined): Directives => (failure ? { failure } : {})

/** `429`, `cut@5`, and with how often it happens: `429*2`. */
function failureOf(value: string): Failure | undefined {
  const [what = '', times] = value.split('*')
  const failure = kindOf(what)
  return failure && times !== undefined ? { ...failure, times: Number.parseInt(times, 10) || 0 } : failure
}

function kindOf(value: string): Failure | undefined {
  const [kind = '', words] = value.split('@')
  if (FAILED_STATUSES.includes(Number(kind))) return { kind: 'status', status: Number(kind) }
  switch (kind) {
    case 'cut':
    case 'stall':
    case 'error':
      return { kind, afterWords: words === undefined ? AFTER_WORDS : Number.parseInt(words, 10) || 0 }
    case 'html':
    case '200error':
    case 'giant':
    case 'garbage':
    case 'short':
    case 'silence':
      return { kind }
  }
  return undefined
}
