import type { ServerResponse } from 'node:http'
import type { Failure } from './failures.ts'
import type { Frame } from './format.ts'

/** A stream that is to be told, how fast, and how it goes wrong. */
export interface Performance {
  readonly frames: Iterable<Frame>
  readonly delayMs: number
  readonly pause: (ms: number) => Promise<void>
  readonly failure: Failure | undefined
  /** The format's error in the middle of a stream, after so many frames. */
  readonly breakOff: (framesSent: number) => string
}

/** Writes the frames as fast as the reader takes them. Ends early when the reader has gone or the failure's time has come. */
export async function play(
  response: ServerResponse,
  { frames, delayMs, pause, failure, breakOff }: Performance,
): Promise<void> {
  const lastWord = failure && 'afterWords' in failure ? failure.afterWords : Number.POSITIVE_INFINITY
  let words = 0
  let sent = 0
  for (const frame of frames) {
    if (words >= lastWord && (frame.isWord || lastWord === 0)) break
    if (frame.isWord && delayMs > 0) await pause(delayMs)
    if (response.destroyed) return
    if (!response.write(frame.text)) await drained(response)
    sent++
    if (frame.isWord) words++
  }
  if (lastWord === Number.POSITIVE_INFINITY) response.end()
  else finish(response, failure, breakOff(sent))
}

/** An answer too short to fail in its middle fails at its end. */
function finish(response: ServerResponse, failure: Failure | undefined, error: string): void {
  if (failure?.kind === 'error') response.end(error)
  if (failure?.kind === 'cut') cut(response)
}

/** Breaks the connection. What was written leaves before: node gathers the writes of one turn of its loop. */
export const cut = (response: ServerResponse): void => void setImmediate(() => response.socket?.destroySoon())

/** Resolves when there is room again or nobody is left to read. */
export const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.once('drain', done).once('close', done)
  })
