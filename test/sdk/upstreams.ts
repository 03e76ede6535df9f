import type { DialectId } from '../../src/model/dialect.ts'
import type { Json } from '../support/formats/format.ts'

/** What a test knows of the upstreams that speak a format. */
export interface Upstream {
  /** The path of a generation. */
  readonly path: RegExp
  /** The opaque reasoning state in a request's history. */
  readonly statesIn: (body: Json) => readonly string[]
  /** How much of it there is after one turn that thought and called a tool. */
  readonly statesInTurn: number
  /** Whether it gives several answers to one request; the others must be refused, not cut to one. */
  readonly givesSeveral: boolean
  /** How the sandbox is told what free text to call a tool with: wrapped where the format knows functions alone. */
  readonly freeText: (text: string) => string
}

type Items = readonly Json[]

const textsAt = (items: Items, field: string): string[] =>
  items.map((item) => item[field]).filter((value) => typeof value === 'string')

const plain = (text: string): string => text
const wrapped = (text: string): string => JSON.stringify({ input: text })

export const upstreams: Record<DialectId, Upstream> = {
  'anthropic-messages': {
    path: /^\/v1\/messages$/,
    statesIn: ({ messages }) => {
      const blocks: Items = messages.flatMap(({ content }: Json) => (Array.isArray(content) ? content : []))
      return [...textsAt(blocks, 'signature'), ...textsAt(blocks, 'data')]
    },
    statesInTurn: 1,
    givesSeveral: false,
    freeText: wrapped,
  },
  'openai-chat': {
    path: /^\/v1\/chat\/completions$/,
    // Its thoughts are plain text.
    statesIn: () => [],
    statesInTurn: 0,
    givesSeveral: true,
    freeText: plain,
  },
  'openai-responses': {
    path: /^\/v1\/responses$/,
    statesIn: ({ input }) => (Array.isArray(input) ? textsAt(input, 'encrypted_content') : []),
    statesInTurn: 1,
    givesSeveral: false,
    freeText: plain,
  },
  gemini: {
    path: /^\/v1beta\/models\/[^/]+:(?:g|streamG)enerateContent/,
    statesIn: ({ contents }) =>
      textsAt(
        contents.flatMap(({ parts }: Json) => parts),
        'thoughtSignature',
      ),
    statesInTurn: 1,
    givesSeveral: true,
    freeText: wrapped,
  },
}
