/** A search for tools is called with JSON, as a function is, and answered with tools. */
export type ToolKind = 'function' | 'custom' | 'search'

/** A call of a tool: arguments as JSON text, or the free text of a custom tool. */
export interface AnswerCall {
  readonly name: string
  readonly namespace?: string
  readonly kind: ToolKind
  readonly input: string
}

/** Why an answer ended. */
export type AnswerEnd = 'end' | 'calls' | 'length' | 'stop' | 'refusal' | 'filter'

/** Tokens of a request and its answer. `input` includes `cached`, `output` includes `thinking`. */
export interface AnswerUsage {
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly thinking: number
}

/** What the sandbox answers, before a format gives it shape. Thinking comes first, then text, then calls. */
export interface Answer {
  readonly thinking?: string
  /** The thinking may not be shown, only its seal. */
  readonly isRedacted: boolean
  readonly text: string
  readonly calls: readonly AnswerCall[]
  readonly end: AnswerEnd
  /** The stop sequence that ended it. */
  readonly stop?: string
  readonly usage: AnswerUsage
}
