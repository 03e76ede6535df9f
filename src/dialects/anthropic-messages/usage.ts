import type { Tier } from '../../model/request.ts'
import { addUsage, count, isCount, noUsage, shared, toldOf, type Usage, usageOf } from '../../model/usage.ts'
import { isRecord } from '../../wire/json.ts'
import { readBilled } from '../billed.ts'
import type { WireUsage } from './shapes.ts'

/**
 * Usage as the vendor told it, if both totals are counts. `input_tokens` excludes the cache, `output_tokens` includes thinking.
 * Compaction runs are billed beside the totals, so they are added; an adviser's run is another model's and is not.
 */
export function readUsage(value: unknown): Usage {
  if (!isRecord(value) || !isCount(value.input_tokens) || !isCount(value.output_tokens)) return noUsage
  const iterations = Array.isArray(value.iterations) ? value.iterations : []
  return iterations
    .filter((iteration) => isRecord(iteration) && iteration.type === 'compaction')
    .reduce<Usage>((sum, iteration) => addUsage(sum, readTotals(iteration)), readTotals(value))
}

function readTotals(value: Readonly<Record<string, unknown>>): Usage {
  const created = isRecord(value.cache_creation) ? value.cache_creation : {}
  const details = isRecord(value.output_tokens_details) ? value.output_tokens_details : {}
  const tools = isRecord(value.server_tool_use) ? value.server_tool_use : {}
  const [long, short] = [count(created.ephemeral_1h_input_tokens), count(created.ephemeral_5m_input_tokens)]
  const written = value.cache_creation_input_tokens
  const [cacheWrite1h = 0, cacheWrite5m = 0] = shared(isCount(written) ? count(written) : long + short, long)
  const [reasoning = 0, output = 0] = shared(count(value.output_tokens), count(details.thinking_tokens))
  return usageOf({
    input: count(value.input_tokens),
    cacheRead: count(value.cache_read_input_tokens),
    cacheWrite5m,
    cacheWrite1h,
    output,
    reasoning,
    searches: count(tools.web_search_requests),
    fetches: count(tools.web_fetch_requests),
  })
}

/** A later report over an earlier one: what it leaves null or out still holds. */
export function overlayUsage(earlier: unknown, later: unknown): Record<string, unknown> {
  const told = isRecord(later) ? Object.entries(later).filter(([, value]) => value !== null) : []
  return { ...(isRecord(earlier) && earlier), ...Object.fromEntries(told) }
}

const tiersRead: Readonly<Record<string, Tier>> = { standard: 'standard', priority: 'priority', batch: 'batch' }

/** The tier that served, where it was told. */
export function readTier(usage: unknown): Tier | undefined {
  if (!isRecord(usage)) return undefined
  if (usage.speed === 'fast') return 'fast'
  return typeof usage.service_tier === 'string' ? tiersRead[usage.service_tier] : undefined
}

/** All that a usage object tells of money. */
export function toldBy(usage: unknown): { usage?: Usage; tier?: Tier; billed?: number } {
  const tier = readTier(usage)
  const billed = readBilled(usage)
  const told = toldOf(readUsage(usage))
  return { ...(told && { usage: told }), ...(tier && { tier }), ...(billed !== undefined && { billed }) }
}

const tiersWritten: Partial<Record<Tier, WireUsage['service_tier']>> = { priority: 'priority', batch: 'batch' }

/** The full object; every key is there, as the vendor has it. Spoken and seen tokens count as plain ones. */
export const writeUsage = (usage: Usage, tier?: Tier): WireUsage => ({
  input_tokens: usage.input + usage.inputAudio + usage.inputImage,
  cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
  cache_read_input_tokens: usage.cacheRead,
  cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite5m, ephemeral_1h_input_tokens: usage.cacheWrite1h },
  output_tokens: usage.output + usage.reasoning + usage.outputAudio + usage.outputImage,
  output_tokens_details: { thinking_tokens: usage.reasoning },
  server_tool_use:
    usage.searches + usage.fetches > 0
      ? { web_search_requests: usage.searches, web_fetch_requests: usage.fetches }
      : null,
  service_tier: (tier && tiersWritten[tier]) ?? 'standard',
  inference_geo: null,
  speed: tier === 'fast' ? 'fast' : null,
})

/** The cumulative counts of `message_delta`; all input counts are told, for clients that saw an estimate at the start. */
export function writeDeltaUsage(usage: Usage): Partial<WireUsage> {
  const { service_tier, inference_geo, speed, cache_creation, ...counts } = writeUsage(usage)
  return counts
}
