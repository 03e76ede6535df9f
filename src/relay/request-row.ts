import type { Usage } from '../model/usage.ts'
import type { RequestRow } from '../store/requests.ts'
import type { Outcome } from './attempt.ts'
import { answeredOf } from './ending-of.ts'
import type { Exchange } from './exchange.ts'
import type { Offer } from './offers.ts'

/** How one candidate was asked. */
export interface Attempted {
  readonly offer: Offer
  readonly outcome: Outcome
}

/** What became of a request, for its row in the log. Nano-USD. */
export interface Settled {
  readonly attempts: readonly Attempted[]
  readonly usage: Usage
  readonly source: string
  readonly reserved: bigint
  readonly charged: bigint
  readonly cost: bigint
  readonly multiplierPpm: bigint
  /** By which it was charged; absent where nobody was asked. */
  readonly price?: string
  /** The service tier that it is charged at; absent: the standard one. */
  readonly tier?: string
}

type Logged = Pick<Exchange, 'client' | 'key' | 'peek' | 'relay' | 'requestId' | 'startedAtMs'>

/** The line of the request log: figures, never words. */
export function requestRow({ client, key, peek, relay, requestId, startedAtMs }: Logged, settled: Settled): RequestRow {
  const { attempts, charged, cost, multiplierPpm, price, reserved, source, tier, usage } = settled
  const last = attempts.at(-1)
  const answered = last && answeredOf(last.outcome)
  return {
    id: requestId,
    atMs: startedAtMs,
    account: key.account,
    keyId: key.id,
    model: peek.model,
    channel: last?.offer.candidate.channel.name ?? '',
    outcome: last?.outcome.kind ?? 'refused',
    charged,
    ...(answered?.id !== undefined && { answerId: answered.id }),
    detail: {
      usage,
      source,
      reserved: String(reserved),
      cost: String(cost),
      ...(last && price !== undefined && { price, upstream: last.offer.candidate.model }),
      ...(tier !== undefined && { tier }),
      multiplierPpm: String(multiplierPpm),
      isStream: peek.stream !== false,
      format: client.format,
      attempts: attempts.map(attemptTold),
      lost: answered?.lost.map(({ field }) => field) ?? [],
      durationMs: relay.clock() - startedAtMs,
      ...(answered?.firstMs !== undefined && { firstMs: answered.firstMs }),
    },
  }
}

/** An attempt as the log tells it. */
export function attemptTold({ offer, outcome }: Attempted): AttemptTold {
  const broken = outcome.kind === 'gone' ? undefined : outcome.fault
  return {
    channel: offer.candidate.channel.name,
    outcome: outcome.kind,
    ...(broken && { fault: broken.class }),
  }
}

export interface AttemptTold {
  readonly channel: string
  readonly outcome: string
  readonly fault?: string
}
