import type { BaseLogger } from 'pino'
import type { Provider } from '../providers/provider.ts'
import type { Snapshot } from '../store/snapshot.ts'
import type { Store } from '../store/store.ts'
import type { Freshness } from '../store/watcher.ts'
import type { Displaced } from './displaced.ts'
import type { Drains } from './drain.ts'
import type { Envelopes } from './envelopes.ts'
import type { Health } from './health.ts'
import type { Live } from './live.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { Speed } from './speed.ts'
import type { Till } from './till.ts'
import type { Upstreams } from './upstream.ts'

/** Structured lines, by level; pino's or a test's. */
export type Log = Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'>

/** What every request needs. Made once by `app.ts`. */
export interface Relay {
  readonly snapshot: () => Snapshot
  readonly freshness: () => Freshness
  readonly hashKey: (key: string) => string
  readonly providerOf: (id: string) => Provider | undefined
  readonly upstreams: Upstreams
  readonly store: Store
  readonly till: Till
  readonly envelopes: Envelopes
  readonly health: Health
  readonly retries: RetryBudget
  readonly speed: Speed
  readonly displaced: Displaced
  readonly live: Live
  readonly drains: Drains
  readonly log: Log
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly random: () => number
  /** Letters and digits, a new one each call. */
  readonly newId: () => string
  readonly limits: RelayLimits
}

export interface RelayLimits {
  readonly bodyBytes: number
  readonly bodyTimeoutMs: number
  readonly replyBytes: number
  readonly attempts: number
}
