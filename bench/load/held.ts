import { Agent, type Dispatcher } from 'undici'
import type { HoldLoad } from './job.ts'

/** Streams that are being opened at one time. */
const openingAtOnce = 100

/**
 * Opens streams and reads what comes. Answers when every one has said something, with what ends them all.
 * @throws Error when one is refused or ends by itself before all are open.
 */
export async function held({ exchange, origin, streams }: HoldLoad): Promise<() => Promise<void>> {
  const agent = new Agent({ connections: null, pipelining: 1, bodyTimeout: 600_000 })
  const { body, headers, path } = exchange
  const open = (): Promise<void> =>
    new Promise((resolve, reject) =>
      agent.dispatch({ origin, path, method: 'POST', headers, body }, keeping(resolve, reject)),
    )
  let left = streams
  const opener = async (): Promise<void> => {
    while (left-- > 0) await open()
  }
  await Promise.all(Array.from({ length: openingAtOnce }, opener))
  return () => agent.destroy()
}

const keeping = (opened: () => void, failed: (error: Error) => void): Dispatcher.DispatchHandler => ({
  onRequestStart() {},
  onResponseStart(_, status) {
    if (status !== 200) failed(new Error(`a stream was refused with status ${status}`))
  },
  onResponseData: opened,
  onResponseEnd: () => failed(new Error('a stream ended that should live')),
  onResponseError: (_, error) => failed(error),
})
