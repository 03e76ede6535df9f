import type { Tier } from '../../model/request.ts'
import { count, isCount, noUsage, type Usage, usageOf } from '../../model/usage.ts'
import { isRecord } from '../../wire/json.ts'

/**
 * Told if both totals are counts. `inputTokens` leaves out what was read from a cache or written to one. Writes are told by duration in `cacheDetails`.
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
 */
export function readUsage(usage: unknown): Usage {
  if (!isRecord(usage) || !isCount(usage.inputTokens) || !isCount(usage.outputTokens)) return noUsage
  const details = Array.isArray(usage.cacheDetails) ? usage.cacheDetails.filter(isRecord) : []
  const long = details.filter(({ ttl }) => ttl === '1h').reduce((sum, { inputTokens }) => sum + count(inputTokens), 0)
  const written = count(usage.cacheWriteInputTokens ?? usage.cacheWriteInputTokenCount)
  return usageOf({
    input: count(usage.inputTokens),
    cacheRead: count(usage.cacheReadInputTokens ?? usage.cacheReadInputTokenCount),
    cacheWrite1h: Math.min(long, written),
    cacheWrite5m: Math.max(0, written - long),
    output: count(usage.outputTokens),
  })
}

const tiers: Readonly<Record<string, Tier>> = { default: 'standard', priority: 'priority', flex: 'flex' }

export const readTier = (tier: unknown): Tier | undefined =>
  isRecord(tier) && typeof tier.type === 'string' ? tiers[tier.type] : undefined
