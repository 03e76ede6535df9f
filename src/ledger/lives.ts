import type { Reservation } from './state.ts'
import type { Place } from './store.ts'

/** One process, from its start to its end. */
export interface Life {
  readonly node: string
  readonly epoch: number
}

/** What is asked of the book by whoever cleans up after processes that died. */
export interface Lives {
  /** Processes that were heard of lately, this one among them. Unavailable: undefined. */
  alive(): Promise<readonly Life[] | undefined>
  /** The newest batch in the book: what this process writes from now on lies above it. */
  newest(): Promise<number>
  /** Requests of one process that were charged, or cost something, after this place; in the order of the book. */
  charged(asked: ChargedAsked): Promise<readonly Charged[]>
}

export interface ChargedAsked extends Life {
  readonly after: Place
  readonly limit: number
}

/** A request beside its place in the book. */
export interface Charged extends Place {
  readonly reservation: Reservation
}

/**
 * For both engines: transfers in the order of their key, each with its request. What was put right later has an actor,
 * and is not counted again.
 */
export const chargedText = ([batch, n, node, epoch, limit]: readonly [
  string,
  string,
  string,
  string,
  string,
]): string =>
  `SELECT r.*, t.batch AS charge_batch, t.n AS charge_n
   FROM ledger_transfers t JOIN ledger_reservations r ON r.id = t.reservation
   WHERE (t.batch, t.n) > (${batch}, ${n}) AND t.leg = 0 AND t.actor = '' AND t.reservation <> ''
     AND r.node = ${node} AND r.epoch = ${epoch} ORDER BY t.batch, t.n LIMIT ${limit}`

export const newestText = 'SELECT batch FROM ledger_transfers ORDER BY batch DESC LIMIT 1'
