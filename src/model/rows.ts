import type { KeyScope, RateLimits } from './account.ts'
import type { UpstreamFormat } from './dialect.ts'
import type { Shaping } from './shaping.ts'

/** A key that clients show. The key itself is kept nowhere, only its HMAC. */
export interface KeyRow {
  readonly id: string
  readonly name: string
  /** HMAC-SHA-256 of the key under the pepper, hex. */
  readonly hash: string
  /** First characters, to recognise it by. */
  readonly hint: string
  /** Names and globs of models that it may use. */
  readonly models: readonly string[]
  /** Other names for models, for clients with names wired in: the first that matches counts. */
  readonly aliases: readonly ModelAlias[]
  /** Where it was made: `file` keys follow the configuration, the others stay until revoked. */
  readonly source: 'file' | 'command' | 'first-start' | 'api'
  readonly createdAtMs: number
  /** The account that pays, by its id. */
  readonly account: string
  readonly scope: KeyScope
  /** What it was before it was rotated, as far as that still counts; each until a time of its own. */
  readonly former?: readonly FormerKey[]
}

export interface FormerKey {
  readonly hash: string
  readonly untilMs: number
}

/** Who asks for a name that matches `name` (exact or a glob) is answered by `model`. */
export interface ModelAlias {
  readonly name: string
  readonly model: string
}

/** One way to an upstream: a provider, its address, its secrets, what it serves. */
export interface Channel {
  readonly name: string
  /** An id that `causeway providers` lists. */
  readonly provider: string
  /** The root, without `/v1`; the provider's own where absent. */
  readonly baseUrl?: string
  readonly secrets: readonly string[]
  /** Narrows the formats that the provider speaks. */
  readonly formats?: readonly UpstreamFormat[]
  readonly models: readonly ModelRule[]
  /** Higher first. */
  readonly priority: number
  readonly weight: number
  /** Whether breakpoints are placed for clients whose format knows none; absent: they are, where the upstream needs them. */
  readonly cacheBreakpoints?: 'auto' | 'off'
  readonly shaping?: Shaping
  /** What becomes of an answer whose client has left; absent: as its provider bills. */
  readonly whenClientLeaves?: WhenClientLeaves
  /** What it may be asked at most; whoever finds it full goes on to the next. */
  readonly limits?: RateLimits
  /** The same for each of its secrets. */
  readonly credentialLimits?: RateLimits
}

/**
 * `abort`: the vendor is hung up on, and stops. `drain`: the vendor would go on and bill the whole answer anyway, so it is read
 * to its end to learn what it costs.
 */
export type WhenClientLeaves = 'abort' | 'drain'

/** What a channel serves: a name or glob as it is, or a public name for an upstream one. */
export interface ModelRule {
  readonly name: string
  readonly upstream?: string
}

/** A Responses object that the server keeps, with what it was asked. */
export interface StoredResponse {
  readonly id: string
  /** The key that made it; nobody else can see it. */
  readonly tenant: string
  readonly createdAtMs: number
  /** The channel that answered, in case the vendor keeps it too. */
  readonly channel: string
  /** Input items, whole: those of earlier responses included. */
  readonly input: readonly unknown[]
  readonly response: Readonly<Record<string, unknown>>
}
