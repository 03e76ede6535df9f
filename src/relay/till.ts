import type { Ledger } from '../ledger/ledger.ts'
import type { Limiter } from '../ledger/limit/limiter.ts'
import type { PriceBook } from '../ledger/price/price-book.ts'
import type { LedgerStore } from '../ledger/store.ts'
import type { RequestLog } from './request-log.ts'

/** Where requests are paid for: one for all routes, so that nothing leaves that was not let in and settled here. */
export interface Till {
  readonly ledger: Pick<Ledger, 'submit'>
  /** What became of requests of other processes. */
  readonly books: Pick<LedgerStore, 'operation' | 'reservation'>
  /** As of the present snapshot. */
  readonly prices: () => PriceBook
  readonly limiter: Limiter
  readonly requestLog: RequestLog
}
