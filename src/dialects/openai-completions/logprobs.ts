import type { TokenLogprob } from '../../model/part.ts'

/** The legacy columns: one entry a token, offsets in characters of the whole text. */
export interface LegacyLogprobs {
  tokens: string[]
  token_logprobs: number[]
  top_logprobs: Record<string, number>[]
  text_offset: number[]
}

/** `from` is where the first token stands in the text. */
export function writeLogprobs(tokens: readonly TokenLogprob[], from: number): LegacyLogprobs {
  const columns: LegacyLogprobs = { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] }
  let offset = from
  for (const { token, logprob, top = [] } of tokens) {
    columns.tokens.push(token)
    columns.token_logprobs.push(logprob)
    columns.top_logprobs.push(Object.fromEntries(top.map((other) => [other.token, other.logprob])))
    columns.text_offset.push(offset)
    offset += token.length
  }
  return columns
}
