import { type Fault, refuse } from '../model/fault.ts'
import type { Relay } from '../relay/relay.ts'
import { storeAway } from '../relay/store-away.ts'

/** For a route that reads the books: they cannot be read now, which is no fault of who asks. */
export const troubled =
  ({ log }: Relay, requestId: string) =>
  (error: unknown): { readonly ok: false; readonly fault: Fault } => {
    log.error({ err: error, requestId }, 'the books were not read')
    return refuse(storeAway('This cannot be looked up at the moment.'))
  }
