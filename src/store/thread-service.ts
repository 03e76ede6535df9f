import { parentPort, workerData } from 'node:worker_threads'
import type { Opened, Question, Reply, Service } from './thread.ts'

/** What runs in a thread: opens the service with the argument of `openThread`, then answers one question after the other. */
export async function serveThread(
  open: (argument: string) => Promise<{ readonly service: Service; readonly opening: unknown }>,
): Promise<void> {
  try {
    // `openThread` gives a text.
    const { service, opening } = await open(workerData as string)
    parentPort?.on('message', (question: Question) => parentPort?.postMessage(answer(service, question)))
    parentPort?.postMessage({ opening } satisfies Opened)
  } catch (error) {
    parentPort?.postMessage({ error: asError(error) } satisfies Opened)
  }
}

function answer(service: Service, { id, method, argument }: Question): Reply {
  try {
    // `Thread.ask` gives each method its own argument.
    const run = service[method] as ((argument: unknown) => unknown) | undefined
    return { id, result: run?.(argument) }
  } catch (error) {
    const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined
    return { id, error: asError(error), errcode }
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
