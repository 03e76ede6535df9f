import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { type KeyScope, type RateLimits, routeScopes, type ScopedLimits } from '../model/account.ts'
import { usd } from './money.ts'

const perMinute = z.int().min(1).max(1_000_000_000)

const said = {
  requests_per_minute: perMinute.optional(),
  tokens_per_minute: perMinute.optional(),
  concurrency: perMinute.optional(),
}

/** Limits as they are said; `rateLimitsOf` reads them. */
export const saidLimits = z.strictObject(said)

export const rateLimitsOf = (limits: z.output<typeof saidLimits>): RateLimits => ({
  ...(limits.requests_per_minute !== undefined && { requestsPerMinute: limits.requests_per_minute }),
  ...(limits.tokens_per_minute !== undefined && { tokensPerMinute: limits.tokens_per_minute }),
  ...(limits.concurrency !== undefined && { concurrency: limits.concurrency }),
})

/** A name or a glob. */
export const modelPattern = z.string().min(1).max(200)

export const rateLimits = saidLimits.transform(rateLimitsOf)

const mostPatterns = 100

/** Of keys and accounts: in all, and of models by name or glob. */
export const scopedLimits = z
  .strictObject({
    ...said,
    models: z
      .record(modelPattern, rateLimits)
      .refine((models) => Object.keys(models).length <= mostPatterns, { error: `at most ${mostPatterns} names` })
      .optional(),
  })
  .transform(({ models, ...limits }): ScopedLimits => ({ ...rateLimitsOf(limits), ...(models && { models }) }))

const budget = z
  .strictObject({ total: usd.optional(), daily: usd.optional(), monthly: usd.optional() })
  .transform(({ total, daily, monthly }) => ({
    ...(total !== undefined && { total }),
    ...(daily !== undefined && { daily }),
    ...(monthly !== undefined && { monthly }),
  }))

/** An address or a range, in either family: `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`. */
export const addressRange = z.string().refine((text) => ipaddr.isValid(text) || ipaddr.isValidCIDR(text), {
  error: 'no address and no range of addresses',
})

/** What narrows a key, as the file says it. */
export const scopeFields = {
  routes: z.array(z.enum(routeScopes)).min(1).optional(),
  addresses: z.array(addressRange).min(1).optional(),
  /** A date is its first moment, UTC. */
  expires: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).optional(),
  budget: budget.optional(),
  limits: scopedLimits.optional(),
}

const fields = z.object(scopeFields)

export const scopeOf = ({ routes, addresses, expires, budget: money, limits }: z.output<typeof fields>): KeyScope => ({
  ...(routes && { routes }),
  ...(addresses && { addresses }),
  ...(expires !== undefined && { expiresAtMs: Date.parse(expires) }),
  ...(money && { budget: money }),
  ...(limits && { limits }),
})
