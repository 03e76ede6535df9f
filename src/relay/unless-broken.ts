import { fault, type Result, refuse } from '../model/fault.ts'
import type { Relay } from './relay.ts'

/** What `run` gives. A bug of ours is told as one and logged: nobody waits for an answer that never comes. */
export async function unlessBroken<T>(
  { log }: Pick<Relay, 'log'>,
  requestId: string,
  run: () => Promise<Result<T>>,
): Promise<Result<T>> {
  try {
    return await run()
  } catch (error) {
    log.error({ err: error, requestId }, 'a request failed unexpectedly')
    return refuse(fault('internal', 'Something went wrong here.'))
  }
}
