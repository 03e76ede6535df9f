import { count, isCount, rest, shared, totalInput, totalOutput, type Usage, usageOf } from '../../model/usage.ts'
import { isRecord } from '../../wire/json.ts'
import { recordOf, records } from './reading.ts'
import type { ChatUsage } from './shapes.ts'

/**
 * The usage object of an answer in disjoint buckets; undefined when it is none, or one of its totals is no count. Totals
 * include their shares here (`prompt_tokens` the cached ones, `completion_tokens` the thoughts). Some servers leave the
 * thoughts out of `completion_tokens`: `total_tokens` proves it. Cached tokens are spelled in six ways.
 * @see https://platform.openai.com/docs/api-reference/chat/object
 */
export function readUsage(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined
  const asked = { ...recordOf(value.input_tokens_details), ...recordOf(value.prompt_tokens_details) }
  const told = { ...recordOf(value.output_tokens_details), ...recordOf(value.completion_tokens_details) }
  const totals = [value.prompt_tokens ?? value.input_tokens, value.completion_tokens ?? value.output_tokens]
  if (!totals.every(isCount)) return undefined
  const [prompt = 0, completion = 0] = totals.map(count)
  const thoughts = thoughtsOf({ prompt, completion, total: count(value.total_tokens) }, reasoningOf(value, told))
  const [outputAudio = 0, outputImage = 0, inside = 0, output = 0] = shared(
    completion,
    count(told.audio_tokens),
    count(told.image_tokens),
    thoughts.inside,
  )
  return usageOf({
    ...readInput(value, asked, prompt),
    output,
    reasoning: inside + thoughts.outside,
    outputAudio,
    outputImage,
    searches: searchesOf(value),
    seconds: count(value.prompt_audio_seconds),
  })
}

type Wire = Readonly<Record<string, unknown>>

/** Sound and pictures that are read from the cache are told twice: among the cached tokens, and by their kind. */
function readInput(value: Wire, asked: Wire, prompt: number): Partial<Usage> {
  const cached = recordOf(asked.cached_tokens_details)
  const [cacheRead = 0, written = 0, inputAudio = 0, inputImage = 0, input = 0] = shared(
    prompt,
    first(cacheReads.map((field) => asked[field] ?? value[field])),
    first(cacheWrites.map((field) => asked[field] ?? value[field])),
    rest(count(asked.audio_tokens), count(cached.audio_tokens)),
    rest(count(asked.image_tokens), count(cached.image_tokens)),
  )
  const longer = count(recordOf(asked.cache_creation).ephemeral_1h_input_tokens)
  const [cacheWrite1h = 0, cacheWrite5m = 0] = shared(written, longer)
  return { input, cacheRead, cacheWrite5m, cacheWrite1h, inputAudio, inputImage }
}

const cacheReads = [
  'cached_tokens',
  'prompt_cache_hit_tokens',
  'num_cached_tokens',
  'cache_read_input_tokens',
  'cache_read_tokens',
] as const

const cacheWrites = ['cache_write_tokens', 'cache_creation_input_tokens', 'cache_creation_tokens'] as const

const first = (values: readonly unknown[]): number => values.map(count).find((number) => number > 0) ?? 0

const reasoningOf = (usage: Record<string, unknown>, told: Readonly<Record<string, unknown>>): number =>
  first([told.reasoning_tokens, usage.reasoning_tokens])

interface Totals {
  readonly prompt: number
  readonly completion: number
  readonly total: number
}

/** Which thoughts stand inside `completion_tokens` and which beside it. */
function thoughtsOf({ prompt, completion, total }: Totals, reasoning: number): { inside: number; outside: number } {
  const beside = rest(total, prompt, completion)
  if (beside > 0 && (reasoning === 0 || beside === reasoning)) return { inside: 0, outside: beside }
  // More thoughts than words: they cannot be inside.
  return reasoning > completion ? { inside: 0, outside: reasoning } : { inside: reasoning, outside: 0 }
}

const searchesOf = (usage: Record<string, unknown>): number =>
  first([
    recordOf(usage.server_tool_use).web_search_requests,
    recordOf(usage.server_tool_use_details).web_search_requests,
    usage.num_search_queries,
    usage.num_sources_used,
  ])

/** The usage of a chunk or a whole answer: in its own field, in its first choice, or in a vendor's corner. */
export function usageIn(body: Readonly<Record<string, unknown>>): Usage | undefined {
  const [choice] = records(body.choices)
  return readUsage(body.usage) ?? readUsage(choice?.usage) ?? readUsage(recordOf(body.x_groq).usage)
}

/** Told again and again it is a running total: the last one that counts anything. */
export const latestUsage = (before: Usage | undefined, now: Usage | undefined): Usage | undefined =>
  now && (!before || totalInput(now) + totalOutput(now) > 0) ? now : before

/** The usage object as a client of this format expects it: every detail always there. */
export const writeUsage = (usage: Usage): ChatUsage => ({
  prompt_tokens: totalInput(usage),
  completion_tokens: totalOutput(usage),
  total_tokens: totalInput(usage) + totalOutput(usage),
  prompt_tokens_details: {
    cached_tokens: usage.cacheRead,
    cache_write_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    audio_tokens: usage.inputAudio,
    ...(usage.inputImage > 0 && { image_tokens: usage.inputImage }),
  },
  completion_tokens_details: {
    reasoning_tokens: usage.reasoning,
    audio_tokens: usage.outputAudio,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
    ...(usage.outputImage > 0 && { image_tokens: usage.outputImage }),
  },
})
