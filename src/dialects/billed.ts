import { isRecord } from '../wire/json.ts'

/** Fields of a usage object that say what the upstream bills, in the words of those who say it. */
export const billedFields = ['cost', 'cost_details', 'is_byok', 'estimated_cost', 'cost_in_usd_ticks'] as const

/**
 * What the vendor says that it bills for the answer, in its currency; undefined where it says nothing that is an amount.
 * Where a key of one's own was used there, the fee of the one in between and the bill of the other one count together.
 * @see https://openrouter.ai/docs/guides/administration/usage-accounting (`cost`, `cost_details`)
 * @see https://docs.perplexity.ai/api-reference/chat-completions-post (`cost.total_cost`)
 * @see https://docs.x.ai/docs/guides/billing (`cost_in_usd_ticks`, 10⁻¹⁰ USD)
 */
export function readBilled(usage: unknown): number | undefined {
  if (!isRecord(usage)) return undefined
  const { cost, cost_details: details, cost_in_usd_ticks: ticks, estimated_cost: estimated, is_byok: isOwnKey } = usage
  if (cost === undefined && estimated === undefined && ticks === undefined) return undefined
  const fee = amount(isRecord(cost) ? cost.total_cost : cost) ?? amount(estimated) ?? amount(ticks, 1e10)
  if (fee === undefined || isOwnKey !== true) return fee
  const behind = isRecord(details) ? amount(details.upstream_inference_cost) : undefined
  // With half of a bill nothing is known.
  return behind === undefined ? undefined : fee + behind
}

const amount = (value: unknown, unitsPerUsd = 1): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value / unitsPerUsd : undefined
