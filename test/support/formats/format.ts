import type { DialectId } from '../../../src/model/dialect.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { gemini } from './gemini.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiResponses } from './openai-responses.ts'

/**
 * How a client of each format asks and what it sees, written without the product's dialects so that it can judge them.
 */
export interface Format {
  /** Path, headers beside the key, and body of a request. */
  ask(wish: Wish): { readonly path: string; readonly headers?: Record<string, string>; readonly body: Json }
  /** What a client sees in a whole answer. */
  view(body: Json): View
  /** What a client sees in a stream; throws when the stream breaks the format's grammar. */
  viewStream(text: string): View
}

/** Any JSON object, as loosely as a client of a scripting language sees it. */
// biome-ignore lint/suspicious/noExplicitAny: the tests read bodies that nobody has checked.
export type Json = Record<string, any>

export interface Wish {
  readonly model: string
  readonly stream?: boolean
  readonly system?: string
  readonly turns: readonly WishedTurn[]
  readonly tools?: readonly { readonly name: string; readonly description?: string; readonly schema: Json }[]
  readonly choice?: 'auto' | 'none' | 'required' | { readonly name: string }
  readonly thinking?: boolean
  readonly schema?: Json
  readonly maxOutput?: number
  readonly stop?: readonly string[]
  readonly temperature?: number
}

export type WishedTurn =
  | { readonly user: string; readonly png?: string; readonly pdf?: string }
  /** A former answer, sent back as this format's clients do. */
  | { readonly answer: View }
  | { readonly results: readonly { readonly call: Call; readonly text: string; readonly isError?: boolean }[] }

export interface Call {
  readonly id: string
  readonly name: string
  readonly input: unknown
}

export interface View {
  readonly text: string
  readonly thinking: string
  readonly calls: readonly Call[]
  /** `end`, `length`, `tool_calls`, `refusal`, or the format's own word. */
  readonly stop: string
  readonly model: string
  readonly usage: {
    readonly input: number
    readonly output: number
    readonly cached: number
    readonly reasoning: number
  }
  /** The answer as the format's clients put it into their history. */
  readonly history: readonly Json[]
}

export const formats: Record<DialectId, Format> = {
  'anthropic-messages': anthropicMessages,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  gemini,
}

/** The frames of an event stream: `event` and parsed `data`; `[DONE]` as it is. */
export function frames(text: string): { event: string | undefined; data: Json; raw: string }[] {
  return text
    .replaceAll('\r\n', '\n')
    .split('\n\n')
    .flatMap((block) => {
      const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'))
      const data = lines.flatMap((line) => (line.startsWith('data:') ? [line.slice(5).trimStart()] : [])).join('\n')
      if (data === '') return []
      const event = lines
        .find((line) => line.startsWith('event:'))
        ?.slice(6)
        .trim()
      return [{ event, data: data === '[DONE]' ? {} : JSON.parse(data), raw: data }]
    })
}
