import type { BucketView } from '../ledger/limit/bucket.ts'
import type { Exceeded, Limited, LimitKind, Pass, Quota } from '../ledger/limit/limiter.ts'
import type { RateLimits } from '../model/account.ts'
import type { ClientFormat } from '../model/dialect.ts'
import { type Fault, fault, ok, type Result, refuse } from '../model/fault.ts'
import type { KeyRow } from '../model/rows.ts'
import type { Relay } from './relay.ts'

/** Whoever has a limit that a key's requests count against. */
export function limitedOf(relay: Relay, key: KeyRow): readonly Limited[] {
  const account = relay.snapshot().accounts.get(key.account)
  return [...limited(`key:${key.id}`, key.scope.limits), ...limited(`account:${key.account}`, account?.limits)]
}

const limited = (subject: string, limits: RateLimits | undefined): readonly Limited[] =>
  limits && Object.keys(limits).length > 0 ? [{ subject, limits }] : []

/** Nobody counts those who have no limit. */
const freePass: Pass = { used() {}, end() {} }

/** Lets a request in, before its body is read, or tells when to come back. */
export function letIn(relay: Relay, subjects: readonly Limited[]): Result<Pass> {
  if (subjects.length === 0) return ok(freePass)
  const answer = relay.till.limiter.enter(subjects, 0)
  return 'end' in answer ? ok(answer) : refuse(exceeded(answer))
}

const words: Record<LimitKind, string> = {
  requests: 'requests a minute',
  tokens: 'tokens a minute',
  concurrency: 'requests at once',
}

const exceeded = ({ kind, retryAfterMs, subject }: Exceeded): Fault => {
  const whose = subject.startsWith('key:') ? 'This API key' : 'The account of this API key'
  return fault('rate_limit', `${whose} has reached its limit of ${words[kind]}.`, { retryAfterMs })
}

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
