import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { type KeyScope, type RateLimits, routeScopes } from '../model/account.ts'
import { usd } from './money.ts'

const perMinute = z.int().min(1).max(1_000_000_000)

export const rateLimits = z
  .strictObject({
    requests_per_minute: perMinute.optional(),
    tokens_per_minute: perMinute.optional(),
    concurrency: perMinute.optional(),
  })
  .transform(
    (limits): RateLimits => ({
      ...(limits.requests_per_minute !== undefined && { requestsPerMinute: limits.requests_per_minute }),
      ...(limits.tokens_per_minute !== undefined && { tokensPerMinute: limits.tokens_per_minute }),
      ...(limits.concurrency !== undefined && { concurrency: limits.concurrency }),
    }),
  )

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
  limits: rateLimits.optional(),
}

const fields = z.object(scopeFields)

export const scopeOf = ({ routes, addresses, expires, budget: money, limits }: z.output<typeof fields>): KeyScope => ({
  ...(routes && { routes }),
  ...(addresses && { addresses }),
  ...(expires !== undefined && { expiresAtMs: Date.parse(expires) }),
  ...(money && { budget: money }),
  ...(limits && { limits }),
})
