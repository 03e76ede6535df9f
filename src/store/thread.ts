import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** What runs in a thread: methods of one argument, which may take their time. */
export type Service = Readonly<Record<string, (argument: never) => unknown>>

/** A service that is in a thread of its own, so that nobody here waits for the disk. */
export interface Thread<S extends Service, Opening> {
  /** What it told of itself when it was ready. */
  readonly opening: Opening
  /** One after the other, in the order of asking. */
  ask<M extends keyof S & string>(method: M, argument: Parameters<S[M]>[0]): Promise<Awaited<ReturnType<S[M]>>>
  /** After what was asked before. The service's own `close` runs, if it has one. */
  close(): Promise<void>
}

export interface Question {
  readonly id: number
  readonly method: string
  readonly argument: unknown
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  /** Errors lose their own fields on the way: the code travels beside. */
  | { readonly id: number; readonly error: Error; readonly errcode: number | undefined }

export type Opened = { readonly opening: unknown } | { readonly error: Error }

interface Hope {
  resolve(result: unknown): void
  reject(error: unknown): void
}

/** Beside the source it is TypeScript, beside what is built from it JavaScript. */
export const script = (name: string, beside: string): URL =>
  new URL(`${name}${beside.endsWith('.ts') ? '.ts' : '.js'}`, beside)

/**
 * Starts a script that calls `serveThread`, and waits until it is ready.
 * @throws Error of the service when it could not be opened.
 */
export async function openThread<S extends Service, Opening>(
  script: URL,
  argument: string,
): Promise<Thread<S, Opening>> {
  const worker = new Worker(script, { workerData: argument })
  // `serveThread` sends it first.
  const [first] = (await once(worker, 'message')) as [Opened]
  if ('error' in first) {
    await worker.terminate()
    throw first.error
  }
  const hopes = new Map<number, Hope>()
  let last = 0
  let broken: Error | undefined
  const fail = (error: Error): void => {
    broken ??= error
    for (const { reject } of hopes.values()) reject(broken)
    hopes.clear()
    worker.unref()
  }
  worker.on('message', (reply: Reply) => settle(hopes, reply))
  worker.on('error', fail)
  worker.on('exit', () => fail(new Error('the thread has ended')))

  const ask = (method: string, argument: unknown): Promise<unknown> => {
    if (broken) return Promise.reject(broken)
    const id = ++last
    worker.postMessage({ id, method, argument } satisfies Question)
    return new Promise((resolve, reject) => hopes.set(id, { resolve, reject }))
  }
  return {
    // The script and whoever opens it agree on the type.
    opening: first.opening as Opening,
    // The thread calls the method of this name and sends what it returns.
    ask: ask as Thread<S, Opening>['ask'],
    async close() {
      await ask('close', undefined)
      await worker.terminate()
    },
  }
}

function settle(hopes: Map<number, Hope>, reply: Reply): void {
  const hope = hopes.get(reply.id)
  if (!hope) return
  hopes.delete(reply.id)
  if ('result' in reply) hope.resolve(reply.result)
  else hope.reject(Object.assign(reply.error, reply.errcode !== undefined && { errcode: reply.errcode }))
}
