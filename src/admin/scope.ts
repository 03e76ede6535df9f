import { z } from 'zod'
import { addressRange, scopedLimits } from '../config/scope.ts'
import { type Budget, type KeyScope, type RateLimits, routeScopes, type ScopedLimits } from '../model/account.ts'
import { givenMoment, moment, moneyFieldsOrNull, nanoAmount, tellMoment, tellMoneyOrNull } from './api/amount.ts'

const budget = z
  .strictObject({
    total_nano: nanoAmount.optional(),
    daily_nano: nanoAmount.optional(),
    monthly_nano: nanoAmount.optional(),
  })
  .transform(
    ({ total_nano, daily_nano, monthly_nano }): Budget => ({
      ...(total_nano !== undefined && { total: BigInt(total_nano) }),
      ...(daily_nano !== undefined && { daily: BigInt(daily_nano) }),
      ...(monthly_nano !== undefined && { monthly: BigInt(monthly_nano) }),
    }),
  )

/** What narrows a key. Absent: as it was; null: no longer narrowed. */
export const scopeFields = {
  routes: z.array(z.enum(routeScopes)).min(1).max(20).nullable().optional(),
  addresses: z.array(addressRange).min(1).max(200).nullable().optional().describe('addresses and ranges (CIDR)'),
  expires_at: givenMoment.nullable().optional(),
  budget: budget.nullable().optional().describe('what may be spent: in all, in a day and in a month (UTC)'),
  limits: scopedLimits.nullable().optional().describe('in all, and of models by name or glob'),
}

const fields = z.object(scopeFields)

/** A scope with what was said laid over it. */
export function scopeWith(scope: KeyScope, said: z.output<typeof fields>): KeyScope {
  const wanted = {
    routes: laid(scope.routes, said.routes),
    addresses: laid(scope.addresses, said.addresses),
    expiresAtMs: laid(
      scope.expiresAtMs,
      typeof said.expires_at === 'string' ? Date.parse(said.expires_at) : said.expires_at,
    ),
    budget: laid(scope.budget, said.budget),
    limits: laid(scope.limits, said.limits),
  }
  return {
    ...(wanted.routes && { routes: wanted.routes }),
    ...(wanted.addresses && { addresses: wanted.addresses }),
    ...(wanted.expiresAtMs !== undefined && { expiresAtMs: wanted.expiresAtMs }),
    ...(wanted.budget && { budget: wanted.budget }),
    ...(wanted.limits && { limits: wanted.limits }),
  }
}

const laid = <T>(was: T | undefined, said: T | null | undefined): T | undefined =>
  said === undefined ? was : (said ?? undefined)

const figures = {
  requests_per_minute: z.int().nullable(),
  tokens_per_minute: z.int().nullable(),
  concurrency: z.int().nullable(),
}

/** Limits in answers: null limits nothing. */
export const toldRateLimits = z.object(figures)

export const tellRateLimits = ({ requestsPerMinute, tokensPerMinute, concurrency }: RateLimits) => ({
  requests_per_minute: requestsPerMinute ?? null,
  tokens_per_minute: tokensPerMinute ?? null,
  concurrency: concurrency ?? null,
})

export const toldLimits = z.object({
  ...figures,
  models: z.record(z.string(), toldRateLimits).describe('by name or glob; models that match share them'),
})

export const tellLimits = ({ models = {}, ...limits }: ScopedLimits) => ({
  ...tellRateLimits(limits),
  models: Object.fromEntries(Object.entries(models).map(([pattern, own]) => [pattern, tellRateLimits(own)])),
})

/** A scope in answers: null narrows nothing. */
export const toldScopeFields = {
  routes: z.array(z.enum(routeScopes)).nullable(),
  addresses: z.array(z.string()).nullable(),
  expires_at: moment.nullable(),
  budget: z.object({ ...moneyFieldsOrNull('total'), ...moneyFieldsOrNull('daily'), ...moneyFieldsOrNull('monthly') }),
  limits: toldLimits,
}

export const tellScope = ({ routes, addresses, expiresAtMs, budget = {}, limits = {} }: KeyScope) => ({
  routes: routes ? [...routes] : null,
  addresses: addresses ? [...addresses] : null,
  expires_at: expiresAtMs === undefined ? null : tellMoment(expiresAtMs),
  budget: {
    ...tellMoneyOrNull('total', budget.total),
    ...tellMoneyOrNull('daily', budget.daily),
    ...tellMoneyOrNull('monthly', budget.monthly),
  },
  limits: tellLimits(limits),
})
