import { Agent, type Dispatcher } from 'undici'
import type { HoldLoad } from './job.ts'

/** Streams that are being opened at one time. */
const openingAtOnce = 100

/**
 * Opens streams and reads what comes. Answers when every one has said something, with what ends them all.
 * @throws Error when one is refused; what it answers throws when one has ended by itself.
 */
export async function held({ exchange, origin, streams }: HoldLoad): Promise<() => Promise<void>> {
  const agent = new Agent({ connections: null, pipelining: 1, bodyTimeout: 600_000 })
  const { body, headers, path } = exchange
  let ended = 0
  const open = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const lost = (error: Error): void => {
        ended++
        reject(error)
      }
      agent.dispatch({ origin, path, method: 'POST', headers, body }, keeping(resolve, lost))
    })
  let left = streams
  const opener = async (): Promise<void> => {
    while (left-- > 0) await open()
  }
  await Promise.all(Array.from({ length: openingAtOnce }, opener))
  return async () => {
    const alone = ended
    await agent.destroy()
    if (alone > 0) throw new Error(`${alone} of ${streams} streams ended that should live`)
  }
}

const keeping = (opened: () => void, lost: (error: Error) => void): Dispatcher.DispatchHandler => ({
  onRequestStart() {},
  onResponseStart(_, status) {
    if (status !== 200) lost(new Error(`a stream was refused with status ${status}`))
  },
  onResponseData: opened,
  onResponseEnd: () => lost(new Error('a stream ended that should live')),
  onResponseError: (_, error) => lost(error),
})
