import { serveThread } from '../../store/thread-service.ts'
import { openBook } from './book.ts'

// What runs in the ledger's thread.
await serveThread(async (path) => {
  const { epoch, ...service } = await openBook(path)
  return { service, opening: epoch }
})
