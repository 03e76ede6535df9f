import { largestNano, type Nano, nano, usdOf } from '../model/money.ts'

/** What a key may spend, in nano-USD; `unlimited` may spend anything. Granted is always used and available together. */
export interface Balance {
  readonly isUnlimited: boolean
  readonly used: Nano
  /** 0 or more. */
  readonly available: Nano
}

/** What is told of keys without a limit: 10⁸ USD in all. */
export const unlimitedUsd = 100_000_000

const pointsPerUsd = 500_000
const nanoPerPoint = 2_000n

const nanoPerCent = 10_000_000

const points = (amount: Nano): number => Number(amount / nanoPerPoint)
const usd = (amount: Nano): number => Number(usdOf(amount))

const availableUsd = ({ available, isUnlimited, used }: Balance): number =>
  isUnlimited ? Math.max(0, unlimitedUsd - usd(used)) : usd(available)

function grantedOf({ available, used }: Balance): Nano {
  const granted = available + used
  return nano(granted < largestNano ? granted : largestNano)
}

const grantedUsd = (balance: Balance): number => (balance.isUnlimited ? unlimitedUsd : usd(grantedOf(balance)))

export interface TokenUsage {
  readonly name: string
  readonly balance: Balance
  /** Names and globs; `*` alone is no limit. */
  readonly models: readonly string[]
  readonly expiresAtMs: number | undefined
}

/** `GET /api/usage/token/`: amounts are points, 500,000 to the dollar, rounded down. `code` is a boolean. */
export function writeTokenUsage({ balance, expiresAtMs, models, name }: TokenUsage): Record<string, unknown> {
  const used = points(balance.used)
  const granted = balance.isUnlimited ? unlimitedUsd * pointsPerUsd : points(grantedOf(balance))
  const isNarrowed = !models.includes('*')
  return {
    code: true,
    message: 'ok',
    data: {
      object: 'token_usage',
      name,
      total_granted: granted,
      total_used: used,
      // The rest, so that the three always agree.
      total_available: Math.max(0, granted - used),
      unlimited_quota: balance.isUnlimited,
      model_limits: isNarrowed ? Object.fromEntries(models.map((model) => [model, true])) : {},
      model_limits_enabled: isNarrowed,
      expires_at: seconds(expiresAtMs),
    },
  }
}

/** `GET /dashboard/billing/subscription`: USD. */
export function writeSubscription(balance: Balance, expiresAtMs: number | undefined): Record<string, unknown> {
  const limit = grantedUsd(balance)
  return {
    object: 'billing_subscription',
    has_payment_method: true,
    soft_limit_usd: limit,
    hard_limit_usd: limit,
    system_hard_limit_usd: limit,
    access_until: seconds(expiresAtMs),
  }
}

/** `GET /dashboard/billing/usage`: US cents. */
export const writeBillingUsage = (charged: Nano): Record<string, unknown> => ({
  object: 'list',
  total_usage: Number(charged) / nanoPerCent,
})

/** `GET /dashboard/billing/credit_grants`: USD; `expires_at` in milliseconds. */
export const writeCreditGrants = (balance: Balance, expiresAtMs: number | undefined): Record<string, unknown> => ({
  object: 'credit_summary',
  total_granted: grantedUsd(balance),
  total_used: usd(balance.used),
  total_available: availableUsd(balance),
  expires_at: expiresAtMs ?? 0,
})

/** 0: never. */
const seconds = (ms: number | undefined): number => (ms === undefined ? 0 : Math.floor(ms / 1000))
