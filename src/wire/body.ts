import type { IncomingMessage } from 'node:http'
import { inflaterFor, type MakeInflater } from './inflate.ts'

/** Sizes of the body on the wire and after decompression, and the time it may take altogether. */
export interface BodyLimits {
  bytes: number
  inflatedBytes: number
  timeoutMs: number
}

export type BodyProblem = 'too_large' | 'encoding' | 'timeout' | 'aborted' | 'corrupt'

/** A whole body, or why there is none; `message` is for the API's user. */
export type BodyResult = { ok: true; bytes: Buffer } | { ok: false; problem: BodyProblem; message: string }

/**
 * Reads a request's body under limits, decompressing gzip, deflate and zstd as it comes.
 * Statuses: too_large 413, encoding 415, timeout 408, corrupt 400; `aborted` has nobody left to answer.
 *
 * After a failure the request is paused with the rest of the body unread on its socket. The connection cannot be used again:
 * answer with `connection: close` and destroy the request once the answer is flushed (`response.once('finish', () => request.destroy())`).
 * No listener of ours stays on the request.
 */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<BodyResult> {
  const inflater = inflaterFor(request.headers['content-encoding'])
  if (inflater === undefined) return Promise.resolve(failure('encoding', UNSUPPORTED))
  if (Number(request.headers['content-length'] ?? 0) > limits.bytes) return Promise.resolve(tooLarge(limits.bytes))
  if (request.destroyed && !request.readableEnded) return Promise.resolve(failure('aborted', ABORTED))
  return new Promise((resolve) => receive(request, { limits, inflater, resolve }))
}

const UNSUPPORTED = 'content-encoding must be gzip, deflate, zstd or identity'
const ABORTED = 'the client closed the connection before the body was complete'
const INFLATED_TOO_LARGE = 'the decompressed request body is larger than'

const failure = (problem: BodyProblem, message: string): BodyResult => ({ ok: false, problem, message })
const tooLarge = (bytes: number, what = 'the request body is larger than'): BodyResult =>
  failure('too_large', `${what} ${bytes} bytes`)

interface Receipt {
  limits: BodyLimits
  inflater: MakeInflater | 'identity'
  resolve: (result: BodyResult) => void
}

function receive(request: IncomingMessage, { limits, inflater, resolve }: Receipt): void {
  let receivedBytes = 0
  const sink = inflater === 'identity' ? plainSink(finish) : inflatingSink(request, { inflater, limits, finish })
  const timer = setTimeout(() => finish(failure('timeout', 'the request body took too long')), limits.timeoutMs)
  const listeners = {
    data(chunk: Buffer) {
      receivedBytes += chunk.length
      if (receivedBytes > limits.bytes) finish(tooLarge(limits.bytes))
      else sink.write(chunk)
    },
    end: () => sink.end(),
    error: () => finish(failure('aborted', ABORTED)),
    close: () => request.readableEnded || finish(failure('aborted', ABORTED)),
  }
  for (const [event, listener] of Object.entries(listeners)) request.on(event, listener)

  function finish(result: BodyResult): void {
    clearTimeout(timer)
    for (const [event, listener] of Object.entries(listeners)) request.off(event, listener)
    sink.close()
    if (!result.ok) request.pause()
    resolve(result)
  }
}

/** Where the bytes go as they come. `close` frees what it holds; after it nothing more is written. */
interface Sink {
  write(chunk: Buffer): void
  end(): void
  close(): void
}

type Finish = (result: BodyResult) => void

function plainSink(finish: Finish): Sink {
  const chunks: Buffer[] = []
  return {
    write: (chunk) => void chunks.push(chunk),
    end: () => finish({ ok: true, bytes: join(chunks) }),
    close: () => undefined,
  }
}

interface Inflation {
  inflater: MakeInflater
  limits: BodyLimits
  finish: Finish
}

/** Made at the first byte; an empty body stays empty whatever its encoding says. */
function inflatingSink(request: IncomingMessage, { inflater, limits, finish }: Inflation): Sink {
  const chunks: Buffer[] = []
  let stream: ReturnType<MakeInflater> | undefined
  let receivedBytes = 0
  let sizeBytes = 0
  const corrupt = () => finish(failure('corrupt', 'the request body does not match its content-encoding'))
  // Bytes behind the compressed data are not used up; Node would pass them over, and stop before the request has ended.
  const complete = () =>
    stream?.bytesWritten === receivedBytes && stream.writableEnded
      ? finish({ ok: true, bytes: join(chunks) })
      : corrupt()
  const open = (firstByte: number) =>
    inflater(firstByte)
      .on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        sizeBytes += chunk.length
        if (sizeBytes > limits.inflatedBytes) finish(tooLarge(limits.inflatedBytes, INFLATED_TOO_LARGE))
      })
      .on('drain', () => request.resume())
      .on('end', complete)
      .on('error', corrupt)
  return {
    write(chunk) {
      receivedBytes += chunk.length
      stream ??= open(chunk[0] ?? 0)
      if (!stream.write(chunk)) request.pause()
    },
    end: () => void (stream === undefined ? finish({ ok: true, bytes: join([]) }) : stream.end()),
    close: () => void stream?.removeAllListeners('data').removeAllListeners('drain').destroy(),
  }
}

const join = (chunks: Buffer[]): Buffer => (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
