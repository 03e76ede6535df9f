import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Book } from './book.ts'

/** A book that is elsewhere. */
export interface Remote {
  readonly epoch: number
  ask<M extends Method>(method: M, argument: Parameters<Book[M]>[0]): Promise<ReturnType<Book[M]>>
  close(): Promise<void>
}

export type Method = Exclude<keyof Book, 'epoch' | 'close'>

export interface Question {
  readonly id: number
  readonly method: Method | 'close'
  readonly argument: unknown
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  /** Errors lose their own fields on the way: the code travels beside. */
  | { readonly id: number; readonly error: Error; readonly errcode: number | undefined }

interface Hope {
  resolve(value: unknown): void
  reject(error: unknown): void
}

// Beside this file; after a build it is JavaScript.
const thread = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url)

/** Opens the book in a thread of its own. */
export async function openRemote(path: string): Promise<Remote> {
  const worker = new Worker(thread, { workerData: path })
  const [first] = (await once(worker, 'message')) as [{ epoch: number } | { error: Error }]
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
  worker.on('exit', () => fail(new Error('the thread of the ledger has ended')))

  const ask = (method: Question['method'], argument: unknown): Promise<unknown> => {
    if (broken) return Promise.reject(broken)
    const id = ++last
    worker.postMessage({ id, method, argument } satisfies Question)
    return new Promise((resolve, reject) => hopes.set(id, { resolve, reject }))
  }
  return {
    epoch: first.epoch,
    // The thread calls the method of this name and sends what it returns.
    ask: ask as Remote['ask'],
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
