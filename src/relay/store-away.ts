import { type Fault, fault, type Result, refuse } from '../model/fault.ts'
import { StoreOutage } from '../store/outage.ts'

/** What a request is told that cannot be answered without the store. */
export const storeAway = (message: string): Fault => fault('overloaded', message, { retryAfterMs: 2_000 })

/** What `run` gives; a refusal when the store cannot be asked. */
export async function unlessAway<T>(run: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof StoreOutage)) throw error
    return refuse({ ...storeAway('What is stored cannot be looked up at the moment.'), cause: error })
  }
}
