import type { Call } from './format.ts'
import { hash } from './hash.ts'

/**
 * Input tokens that a vendor's cache knew without being asked to keep them: the longest prefix that an earlier request of the same account
 * and model began with, in whole blocks, nothing below the least size. `prompt` is what was sent, in the order in which a model reads it,
 * a text for each part; all its prefixes are known from now on.
 * @see https://platform.openai.com/docs/guides/prompt-caching
 * @see https://ai.google.dev/gemini-api/docs/caching
 */
export function readImplicitCache(call: Call, prompt: readonly string[], input: number): number {
  const prefixes = prefixesOf(call, prompt, input)
  const known = prefixes.findLast(({ digest }) => call.cache.find(digest, call.nowMs) !== undefined)
  for (const { digest, tokens } of prefixes) {
    call.cache.store(digest, { tokens, untilMs: call.nowMs + KEPT_MS })
  }
  const tokens = Math.floor((known?.tokens ?? 0) / BLOCK_TOKENS) * BLOCK_TOKENS
  return tokens < LEAST_TOKENS ? 0 : tokens
}

const KEPT_MS = 600_000
const LEAST_TOKENS = 1024
const BLOCK_TOKENS = 128

interface Prefix {
  readonly digest: string
  /** The prefix's share of the request's tokens. */
  readonly tokens: number
}

function prefixesOf({ account, model }: Call, prompt: readonly string[], input: number): readonly Prefix[] {
  const whole = prompt.reduce((sum, text) => sum + text.length, 0)
  let digest = hash('implicit', account, model.id)
  let size = 0
  return prompt.map((text) => {
    digest = hash(digest, text)
    size += text.length
    return { digest, tokens: Math.floor((input * size) / whole) }
  })
}
