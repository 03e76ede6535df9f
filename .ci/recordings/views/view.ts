import type { Json } from '../../../test/support/formats/format.ts'

export type { Json }

/** What one answer says, as somebody who knows only the format's documentation reads it. */
export interface View {
  readonly text: string
  readonly thinking: string
  readonly calls: readonly { readonly name: string; readonly args: unknown }[]
  readonly stop: StopWord
  /** Undefined: the answer does not say. */
  readonly usage:
    | { readonly input: number; readonly output: number; readonly cacheRead: number; readonly reasoning: number }
    | undefined
  readonly refusal: string
  /** Addresses cited, each once, sorted. */
  readonly citations: readonly string[]
  /** Addresses cited or found by a search, each once, sorted. */
  readonly found: readonly string[]
  /** Pictures drawn. */
  readonly images: number
  /** What ran at the vendor's (searches, code): the blocks' own types, each once, sorted. */
  readonly traces: readonly string[]
  /** There is no answer, or it broke off. */
  readonly error?: string
}

/** Why an answer ended. The formats do not tell all of these apart; see `stops.ts`. */
export type StopWord =
  | 'end'
  | 'length'
  | 'stop_sequence'
  | 'tool_calls'
  | 'pause'
  | 'refusal'
  | 'filtered'
  | 'compaction'
  | 'malformed_call'
  | `?${string}`

/** Reads what a vendor or the gateway sent. Never throws: what cannot be read is an `error`. */
export interface Reader {
  whole(body: Json): View
  /** Payloads of the frames, in order. */
  stream(frames: readonly Json[]): View
}

export const failed = (error: string): View => ({
  text: '',
  thinking: '',
  calls: [],
  stop: '?error',
  usage: undefined,
  refusal: '',
  citations: [],
  found: [],
  images: 0,
  traces: [],
  error,
})

export const list = (value: unknown): Json[] => (Array.isArray(value) ? value : [])

export const distinct = (values: readonly unknown[]): string[] =>
  [...new Set(values.filter((value): value is string => typeof value === 'string' && value !== ''))].sort()

/** Arguments as the client's program gets them; a text that is no JSON stays as it is. */
export function argumentsOf(text: unknown): unknown {
  if (typeof text !== 'string') return text ?? {}
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
