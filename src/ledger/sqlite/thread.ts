import { parentPort, workerData } from 'node:worker_threads'
import { type Book, openBook } from './book.ts'
import type { Question, Reply } from './remote.ts'

/** What runs in the ledger's thread: one book, one question after the other. */
async function main(): Promise<void> {
  let book: Book
  try {
    // `openRemote` gives the path.
    book = await openBook(workerData as string)
  } catch (error) {
    parentPort?.postMessage({ error })
    return
  }
  parentPort?.on('message', (question: Question) => parentPort?.postMessage(answer(book, question)))
  parentPort?.postMessage({ epoch: book.epoch })
}

function answer(book: Book, { id, method, argument }: Question): Reply {
  try {
    // `Remote.ask` gives each method its own argument.
    const run = book[method] as (argument: unknown) => unknown
    return { id, result: run(argument) }
  } catch (error) {
    const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined
    return { id, error: error instanceof Error ? error : new Error(String(error)), errcode }
  }
}

await main()
