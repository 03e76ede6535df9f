import { requestWriter } from './request-writer.ts'
import { serveThread } from './thread-service.ts'

// What runs in the thread of the request log.
await serveThread(async (path) => ({ service: requestWriter(path), opening: undefined }))
