/** Who pays. Its money is in the ledger, under `user:` and this id. */
export interface Account {
  readonly id: string
  /** Unique; what people call it. */
  readonly name: string
  /** A group's name: its prices and its channels. */
  readonly group: string
  readonly isEnabled: boolean
  /** How far below zero the balance may go, nano-USD. Absent: without end, everything is counted and nothing is refused. */
  readonly creditLimit?: bigint
  readonly limits: ScopedLimits
  readonly source: RowSource
  readonly createdAtMs: number
}

/** Where a row was made: those of the `file` follow the configuration, the others stay until someone takes them away. */
export type RowSource = 'file' | 'api' | 'built-in'

/** What customers of one kind pay, and where their requests may go. */
export interface Group {
  readonly name: string
  /** Of the price, in millionths: 1_000_000 is the price as it stands. */
  readonly multiplierPpm: bigint
  /** Names and globs of channels. */
  readonly channels: readonly string[]
  readonly source: RowSource
}

/** Absent: without limit. */
export interface RateLimits {
  readonly requestsPerMinute?: number
  readonly tokensPerMinute?: number
  /** Requests under way at once. */
  readonly concurrency?: number
}

/** Its own limits, and narrower ones for models, by name or glob: all models that match a pattern share its limits. */
export interface ScopedLimits extends RateLimits {
  readonly models?: Readonly<Record<string, RateLimits>>
}

/** What all requests for some models may come to, whoever asks: models that match the pattern share its limits. */
export interface ModelLimits {
  /** A name or a glob. */
  readonly model: string
  readonly limits: RateLimits
  readonly source: RowSource
}

/** What may be spent, nano-USD: in all, in a day and in a month (UTC). Absent: without limit. */
export interface Budget {
  readonly total?: bigint
  readonly daily?: bigint
  readonly monthly?: bigint
}

/** What a key may be used for. Absent members narrow nothing. */
export interface KeyScope {
  readonly routes?: readonly RouteScope[]
  /** Addresses and ranges (CIDR) that it may be shown from. */
  readonly addresses?: readonly string[]
  readonly expiresAtMs?: number
  readonly budget?: Budget
  readonly limits?: ScopedLimits
}

/** Kinds of routes that a key can be narrowed to. */
export const routeScopes = ['chat', 'count', 'models', 'responses', 'billing'] as const
export type RouteScope = (typeof routeScopes)[number]

/** Pays for keys that name no account: everything is counted, nothing refused. */
export const defaultAccountId = 'acc_default'
export const defaultGroup = 'default'
