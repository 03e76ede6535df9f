import type { ClientCodec, Dialect, IncomingRequest, Peek } from '../dialects/dialect.ts'
import type { Result } from '../model/fault.ts'
import type { Loss } from '../model/loss.ts'
import type { ChatRequest } from '../model/request.ts'
import type { KeyRow } from '../model/rows.ts'
import type { Usage } from '../model/usage.ts'
import type { Relay } from './relay.ts'
import type { Sink } from './sink.ts'

/** One request on its way: who asks, what, and where the answer goes. */
export interface Exchange {
  readonly relay: Relay
  readonly requestId: string
  readonly key: KeyRow
  readonly client: ClientCodec
  /** The client's format, when upstreams may be asked in it unchanged. */
  readonly dialect: Dialect | undefined
  readonly incoming: IncomingRequest
  /** The body as it came. */
  readonly bytes: Uint8Array
  readonly peek: Peek
  /** What the key means by the name that was asked for, which answers echo. */
  readonly model: string
  /** The request in neutral words; read once, when first needed. */
  readonly ask: () => Result<ChatRequest>
  /** Losses are refused. */
  readonly isStrict: boolean
  readonly sink: Sink
  readonly startedAtMs: number
  /** Responses clients: called with the final object, for the store. */
  readonly onResponse?: (response: Readonly<Record<string, unknown>>, channel: string) => void
}

/** How an answer ended, for the log and, later, the ledger. */
export interface Answered {
  readonly usage: Usage | undefined
  /** The upstream told none, so it was estimated here. */
  readonly isUsageEstimated?: boolean
  readonly lost: readonly Loss[]
}
