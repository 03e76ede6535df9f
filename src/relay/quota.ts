import type { BucketView } from '../ledger/limit/bucket.ts'
import type { Limited, Quota } from '../ledger/limit/limiter.ts'
import type { RateLimits, ScopedLimits } from '../model/account.ts'
import type { ClientFormat } from '../model/dialect.ts'
import type { KeyRow } from '../model/rows.ts'
import { matchesGlob } from './glob.ts'
import type { Relay } from './relay.ts'
import { shortened } from './shortened.ts'

type Knows = Pick<Relay, 'snapshot'>

const ofKey = 'This API key'
const ofAccount = 'The account of this API key'

/** Who has limits that a key's requests count against, whatever they ask for. */
export function limitedOf(relay: Knows, key: KeyRow): readonly Limited[] {
  const account = relay.snapshot().accounts.get(key.account)
  return [
    ...limited(`key:${key.id}`, key.scope.limits, ofKey),
    ...limited(`account:${key.account}`, account?.limits, ofAccount),
  ]
}

/** Who has limits for this model: the key, its account, and all who ask for it here. */
export function limitedForModel(relay: Knows, key: KeyRow, model: string): readonly Limited[] {
  const { accounts, modelLimits } = relay.snapshot()
  return [
    ...limitedByPattern(`key:${key.id}`, key.scope.limits, model, ofKey),
    ...limitedByPattern(`account:${key.account}`, accounts.get(key.account)?.limits, model, ofAccount),
    ...modelLimits.flatMap((one) =>
      matchesGlob(one.model, model) ? limited(`model:${one.model}`, one.limits, `The model "${shortened(model)}"`) : [],
    ),
  ]
}

/** Every pattern that matches counts: a narrow one does not lift a wide one. */
function limitedByPattern(
  subject: string,
  limits: ScopedLimits | undefined,
  model: string,
  whose: string,
): readonly Limited[] {
  if (!limits?.models) return []
  return Object.entries(limits.models).flatMap(([pattern, own]) =>
    matchesGlob(pattern, model) ? limited(`${subject} model:${pattern}`, own, `${whose}, for "${pattern}",`) : [],
  )
}

/** Who has no limit is not counted. */
export function limited(subject: string, limits: RateLimits | undefined, whose?: string): readonly Limited[] {
  if (!limits) return []
  const { requestsPerMinute, tokensPerMinute, concurrency } = limits
  return (requestsPerMinute ?? tokensPerMinute ?? concurrency) === undefined
    ? []
    : [{ subject, limits, ...(whose !== undefined && { whose }) }]
}

/** Tokens that a body may be, guessed low: what it is worth is known when it has been answered. */
export const guessTokens = (bytes: Uint8Array): number => Math.ceil(bytes.length / 4)

/** Our own quotas in the format's own headers; a vendor's are never passed on. Gemini's format has none. */
export function quotaHeaders(format: ClientFormat, quota: Quota, nowMs: number): Record<string, string> {
  const write = format === 'anthropic-messages' ? anthropicHeaders : format === 'gemini' ? () => [] : openaiHeaders
  return Object.fromEntries([
    ...(quota.requests ? write('requests', quota.requests, nowMs) : []),
    ...(quota.tokens ? write('tokens', quota.tokens, nowMs) : []),
  ])
}

type Pair = readonly [name: string, value: string]

/** @see https://platform.claude.com/docs/en/api/rate-limits#response-headers */
const anthropicHeaders = (unit: string, { limit, remaining, fullInMs }: BucketView, nowMs: number): readonly Pair[] => [
  [`anthropic-ratelimit-${unit}-limit`, String(limit)],
  [`anthropic-ratelimit-${unit}-remaining`, String(remaining)],
  [`anthropic-ratelimit-${unit}-reset`, new Date(Math.ceil((nowMs + fullInMs) / 1000) * 1000).toISOString()],
]

/** @see https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers */
const openaiHeaders = (unit: string, { limit, remaining, fullInMs }: BucketView): readonly Pair[] => [
  [`x-ratelimit-limit-${unit}`, String(limit)],
  [`x-ratelimit-remaining-${unit}`, String(remaining)],
  [`x-ratelimit-reset-${unit}`, durationOf(fullInMs)],
]

/** As Go writes durations: `120ms`, `7.66s`, `2m59s`. */
function durationOf(milliseconds: number): string {
  if (milliseconds < 1_000) return `${milliseconds}ms`
  const seconds = milliseconds / 1_000
  return seconds < 60 ? `${Number(seconds.toFixed(3))}s` : `${Math.floor(seconds / 60)}m${Math.ceil(seconds % 60)}s`
}
