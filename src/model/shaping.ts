/** How a channel's requests differ from what its format's writer made, as data. Applied last, in this order. */
export interface Shaping {
  readonly systemPrompt?: SystemPrompt
  readonly body?: BodyShape
  readonly headers?: HeaderShape
}

export interface SystemPrompt {
  readonly text: string
  /** `prepend` and `append` keep the client's instructions; `if_absent` is for requests that have none. */
  readonly mode: PromptMode
}

export const promptModes = ['prepend', 'append', 'replace', 'if_absent'] as const
export type PromptMode = (typeof promptModes)[number]

/** Fields of the upstream's body by their paths: names and positions in lists, joined by dots. */
export interface BodyShape {
  readonly set?: Readonly<Record<string, unknown>>
  readonly remove?: readonly string[]
}

/** Lower-case names. */
export interface HeaderShape {
  readonly set?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

/** Headers that are never a channel's to say: secrets, and what one connection is about. */
const withheldHeaders =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-(?:length|type|encoding)|accept-encoding|(?:proxy-)?authorization|(?:set-)?cookie2?|proxy-.*|x-forwarded-.*|forwarded|(?:x-)?api-key|x-goog-api-key|x-amz-.*|x-causeway-.*)$/

/** Whether a channel may set or remove a header. */
export const isShapeableHeader = (name: string): boolean =>
  /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && !withheldHeaders.test(name)

/** Fields of a body by which answers are read, metered and told: the form of the answer, and which model gives it. */
const withheldFields: ReadonlySet<string> = new Set([
  ...['model', 'stream', 'stream_options', 'background', 'n', 'store', 'previous_response_id'],
  ...['__proto__', 'constructor', 'prototype'],
])

export const pathOf = (path: string): readonly string[] => path.split('.')

/** Whether a channel may set or remove what is at a path. */
export const isShapeablePath = (path: string): boolean => {
  const steps = pathOf(path)
  const isHarmless = steps.every((step) => step !== '' && !/^(?:__proto__|constructor|prototype)$/.test(step))
  return isHarmless && !withheldFields.has(steps[0] ?? '')
}
