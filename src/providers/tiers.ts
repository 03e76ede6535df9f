import type { PricedTier, TierFactor } from '../model/rates.ts'
import type { Tier } from '../model/request.ts'
import type { Provider } from './provider.ts'

/** What a vendor publishes about its service tiers. */
interface TierFacts {
  /** Laid over the list price. */
  readonly factors: readonly TierFactor[]
  /** Tiers that are either honoured or refused, so that an answer that names none was given at the tier asked for. */
  readonly honours: readonly Tier[]
}

const factor = (tier: PricedTier, times: number, models?: RegExp): TierFactor => ({
  tier,
  factor: times,
  ...(models && { models }),
})

/** `priority` was renamed `fast`, and both words are still said. */
const hastened = (times: number, models?: RegExp): readonly TierFactor[] =>
  (['priority', 'fast'] as const).map((tier) => factor(tier, times, models))

/**
 * @see https://openai.com/api-fast-mode/ (each model's price; most cost double)
 * @see https://developers.openai.com/api/docs/guides/flex-processing (half, as in a batch; refused with 429 where there is no room)
 * @see https://developers.openai.com/api/docs/guides/ultrafast-mode and https://vercel.com/changelog/openai-ultrafast-mode-now-available-on-ai-gateway
 */
const openai: TierFacts = {
  factors: [
    factor('flex', 0.5),
    factor('batch', 0.5),
    factor('ultrafast', 6),
    ...hastened(2.5, /^gpt-5\.5(?!\d)/),
    ...hastened(1.8, /^gpt-5-mini/),
    ...hastened(2, /^gpt-4\.1-nano/),
    ...hastened(1.75, /^(?:gpt-4\.1|o3)(?!\d)/),
    // 0.25 instead of 0.15, 4.25 instead of 2.50, 2.00 instead of 1.10.
    ...hastened(5 / 3, /^gpt-4o-mini/),
    ...hastened(1.7, /^gpt-4o/),
    ...hastened(20 / 11, /^o4-mini/),
    ...hastened(2),
  ],
  honours: ['flex'],
}

/**
 * The priority tier is paid for in advance, so its tokens have no price of their own.
 * @see https://platform.claude.com/docs/en/build-with-claude/fast-mode (refused with 429 where there is no room)
 * @see https://platform.claude.com/docs/en/build-with-claude/batch-processing (half)
 */
const anthropic: TierFacts = {
  factors: [factor('batch', 0.5), factor('fast', 6, /opus-4-[67](?!\d)/), factor('fast', 2)],
  honours: ['fast'],
}

/**
 * Priority costs 75 to 100 % more, by model; 80 % is between them. What has no room at that tier is served, and billed, at the
 * standard one. Flex is served or refused.
 * @see https://ai.google.dev/gemini-api/docs/optimization
 * @see https://ai.google.dev/gemini-api/docs/flex-inference
 */
const google: TierFacts = {
  factors: [factor('flex', 0.5), factor('batch', 0.5), factor('priority', 1.8)],
  honours: ['flex'],
}

const facts: Readonly<Record<string, TierFacts>> = { openai, anthropic, gemini: google, vertex: google }

/** How the vendor prices its service tiers; undefined where it publishes no such thing. */
export const tierFactors = ({ id }: Provider): readonly TierFactor[] | undefined => facts[id]?.factors

/** Whether the vendor's documents say that a request is answered at this tier or not at all. */
export const honoursTier = ({ id }: Provider, tier: Tier): boolean => facts[id]?.honours.includes(tier) ?? false
