import { openThread, type Service, script } from '../../store/thread.ts'
import type { Book } from './book.ts'

/** A book that is elsewhere. */
export interface Remote {
  readonly epoch: number
  ask<M extends Method>(method: M, argument: Parameters<Book[M]>[0]): Promise<ReturnType<Book[M]>>
  close(): Promise<void>
}

export type Method = Exclude<keyof Book, 'epoch' | 'close'>

/** Opens the book in a thread of its own. */
export async function openRemote(path: string): Promise<Remote> {
  const { opening, ask, close } = await openThread<Service, number>(script('./thread', import.meta.url), path)
  // The thread serves the book's own methods.
  return { epoch: opening, ask: ask as Remote['ask'], close }
}
