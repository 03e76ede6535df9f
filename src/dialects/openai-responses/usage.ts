import type { Tier } from '../../model/request.ts'
import {
  count,
  isCount,
  noUsage,
  rest,
  shared,
  totalInput,
  totalOutput,
  type Usage,
  usageOf,
} from '../../model/usage.ts'
import { isRecord } from '../../wire/json.ts'
import { listOf, recordOf } from './reading.ts'
import type { WireUsage } from './shapes.ts'

/**
 * Usage of a whole response object, if both totals are counts; searches and pictures are counted from its items where nothing
 * says their number.
 */
export function readUsage(response: Readonly<Record<string, unknown>>): Usage {
  const wire = recordOf(response.usage)
  if (!isCount(wire.input_tokens) || !isCount(wire.output_tokens)) return noUsage
  const details = recordOf(wire.input_tokens_details)
  const total = count(wire.input_tokens)
  const [cacheRead = 0, written = 0, input = 0] = shared(
    total,
    count(details.cached_tokens),
    count(details.cache_write_tokens),
  )
  const longer = count(recordOf(details.cache_write_tokens_details).ttl_12h_tokens)
  const [cacheWrite1h = 0, cacheWrite5m = 0] = shared(written, longer)
  return usageOf({
    input,
    cacheRead,
    cacheWrite5m,
    cacheWrite1h,
    ...readOutput(wire, total),
    searches: searchesOf(response),
    images: itemsOf(response, 'image_generation_call').filter((item) => typeof item.result === 'string').length,
  })
}

/** Some servers leave thinking out of `output_tokens`; their own total gives them away. */
function readOutput(wire: Record<string, unknown>, input: number): { output: number; reasoning: number } {
  const output = count(wire.output_tokens)
  const reasoning = count(recordOf(wire.output_tokens_details).reasoning_tokens)
  const isOutside = reasoning > 0 && (reasoning > output || count(wire.total_tokens) === input + output + reasoning)
  return { output: isOutside ? output : rest(output, reasoning), reasoning }
}

function searchesOf(response: Readonly<Record<string, unknown>>): number {
  const told = recordOf(recordOf(response.tool_usage).web_search).num_requests
  if (told !== undefined) return count(told)
  return itemsOf(response, 'web_search_call').filter((item) => isSearch(item)).length
}

const isSearch = (item: Record<string, unknown>): boolean => (recordOf(item.action).type ?? 'search') === 'search'

const itemsOf = (response: Readonly<Record<string, unknown>>, type: string): Record<string, unknown>[] =>
  listOf(response.output).filter((item): item is Record<string, unknown> => isRecord(item) && item.type === type)

/** All totals and details, always: Codex cannot read an answer where one is missing. */
export function writeUsage(usage: Usage): WireUsage {
  const input = totalInput(usage)
  const output = totalOutput(usage)
  const written = usage.cacheWrite5m + usage.cacheWrite1h
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheRead,
      cache_write_tokens: written,
      ...(written > 0 && {
        cache_write_tokens_details: { ttl_30m_tokens: usage.cacheWrite5m, ttl_12h_tokens: usage.cacheWrite1h },
      }),
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: input + output,
  }
}

const tiers = {
  auto: 'auto',
  default: 'standard',
  flex: 'flex',
  priority: 'priority',
  fast: 'fast',
  ultrafast: 'ultrafast',
  scale: 'scale',
} as const satisfies Record<string, Tier>

/** The tier of a word, in either direction; unknown words are passed over. */
export const readTier = (word: unknown): Tier | undefined =>
  typeof word === 'string' && Object.hasOwn(tiers, word)
    ? // Object.hasOwn has just said that it is a key.
      tiers[word as keyof typeof tiers]
    : undefined

/** The format's word for a tier; it has none for batches. */
export const writeTier = (tier: Tier): string | undefined =>
  Object.entries(tiers).find(([, known]) => known === tier)?.[0]
