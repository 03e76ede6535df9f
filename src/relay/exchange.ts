import type { ClientCodec, Dialect, IncomingRequest, Peek } from '../dialects/dialect.ts'
import type { Fault, Result } from '../model/fault.ts'
import type { Loss } from '../model/loss.ts'
import type { ChatRequest, Tier } from '../model/request.ts'
import type { KeyRow } from '../model/rows.ts'
import type { Usage } from '../model/usage.ts'
import type { Candidate } from './candidate.ts'
import type { Explanation } from './explain.ts'
import type { Preferences } from './preferences.ts'
import type { Relay } from './relay.ts'
import type { Sink } from './sink.ts'
import type { Visit } from './visit.ts'

/** One request on its way: who asks, what, and where the answer goes. */
export interface Exchange {
  readonly relay: Relay
  readonly requestId: string
  readonly key: KeyRow
  readonly pass: Visit
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
  readonly preferences: Preferences
  /** The client wants to know why the request goes where it goes. */
  readonly explanation?: Explanation
  readonly sink: Sink
  readonly startedAtMs: number
  /** How much of the answer has passed, in tokens. A fault: the rest cannot be paid for. */
  readonly onPassed: (tokens: number) => Fault | undefined
  /** Where the client wants to know: what an answer of this candidate costs, in USD, and will be charged. */
  /** A whole answer is there: puts its cost into the explanation, if there is one. */
  readonly explainCost?: (candidate: Candidate, answered: Answered) => void
  readonly tellCost?: (candidate: Candidate, answered: Answered) => number | undefined
  /** Responses clients: called with the final object, for the store. */
  readonly onResponse?: (response: Readonly<Record<string, unknown>>, channel: string) => Promise<void> | undefined
  /** Responses clients: called with one that its vendor goes on with. A fault: nobody could charge it later. */
  readonly onUnfinished?: (
    response: Readonly<Record<string, unknown>>,
    candidate: Candidate,
  ) => Promise<Fault | undefined>
}

/** How an answer ended, for the log and, later, the ledger. */
export interface Answered {
  readonly usage: Usage | undefined
  /** The tier that served, where the vendor said it. */
  readonly tier?: Tier
  /** What the vendor says that it bills for the answer, in its currency. */
  readonly billed?: number
  /** The upstream told none, so it was estimated here. */
  readonly isUsageEstimated?: boolean
  /** Tokens of the answer that passed, as counted here. */
  readonly counted: number
  /** Its vendor has only begun with it: it is charged when it is done. */
  readonly isUnfinished?: true
  /** Something of the answer reached the client. */
  readonly hasContent: boolean
  readonly lost: readonly Loss[]
  /** As the client saw it. */
  readonly id?: string
  /** Streams: milliseconds from the request to the first content. */
  readonly firstMs?: number | undefined
}
