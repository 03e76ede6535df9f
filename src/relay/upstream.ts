import { Agent, type Dispatcher, errors } from 'undici'
import { type Fault, fault } from '../model/fault.ts'

export interface UpstreamRequest {
  readonly origin: string
  readonly path: string
  readonly method: 'POST' | 'GET' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
}

/** What happens to a call. After `onEnd` or `onFault` nothing comes any more. */
export interface Listener {
  onHead(status: number, headers: Readonly<Record<string, string>>, call: Call): void
  onData(chunk: Buffer): void
  onEnd(): void
  onFault(broken: Fault): void
}

export interface Call {
  pause(): void
  resume(): void
  /** Ends it at once; nothing is told after that. */
  abort(): void
}

export interface Upstreams {
  call(request: UpstreamRequest, listener: Listener): Call
  close(): Promise<void>
}

export interface Timeouts {
  readonly connectMs: number
  readonly firstByteMs: number
  readonly idleMs: number
}

class Abort extends Error {}

/**
 * All connections to upstreams. Idle sockets are given up before the vendors do (they keep them for 30 s and more), so
 * that a request rarely meets a socket that is just being closed.
 */
export function upstreams(timeouts: Timeouts): Upstreams {
  const agent = new Agent({
    connect: { timeout: timeouts.connectMs },
    headersTimeout: timeouts.firstByteMs,
    bodyTimeout: timeouts.idleMs,
    keepAliveTimeout: 20_000,
    keepAliveMaxTimeout: 25_000,
    pipelining: 1,
    connections: null,
  })
  return {
    call(request, listener) {
      const handler = new Handler(listener)
      agent.dispatch(
        {
          origin: request.origin,
          path: request.path,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
        },
        handler,
      )
      return handler
    },
    close: () => agent.destroy(),
  }
}

/** undici's callbacks as ours. One object a call and no closures: this is the hot path. */
class Handler implements Dispatcher.DispatchHandler, Call {
  readonly #listener: Listener
  #controller: Dispatcher.DispatchController | undefined
  #isOver = false

  constructor(listener: Listener) {
    this.#listener = listener
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(new Abort())
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#isOver || status < 200) return
    try {
      this.#listener.onHead(status, flat(headers), this)
    } catch (error) {
      this.#fail(error)
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return
    try {
      this.#listener.onData(chunk)
    } catch (error) {
      this.#fail(error)
    }
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    this.#isOver = true
    try {
      this.#listener.onEnd()
    } catch (error) {
      this.#fail(error)
    }
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#listener.onFault(faultOf(error))
  }

  /** A bug of ours must end the answer like any other failure: undici would swallow it, and the client would wait for ever. */
  #fail(error: unknown): void {
    this.abort()
    this.#listener.onFault(fault('internal', 'Something went wrong here.', { cause: error }))
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  abort(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#controller?.abort(new Abort())
  }
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flattened: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) flattened[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return flattened
}

const timeoutErrors = [
  errors.ConnectTimeoutError,
  errors.HeadersTimeoutError,
  errors.BodyTimeoutError,
] as const satisfies readonly (new (
  ...parameters: never[]
) => Error)[]

const faultOf = (error: Error): Fault =>
  timeoutErrors.some((kind) => error instanceof kind)
    ? fault('timeout', 'The upstream did not answer in time.', { cause: error })
    : fault('bad_gateway', 'The connection to the upstream broke.', { cause: error })
