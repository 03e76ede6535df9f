import type { RequestWriter } from './request-writer.ts'
import { logRowOf, type Requests } from './requests.ts'
import { openThread, script, type Thread } from './thread.ts'

/** Writes the request log from a thread that begins with the first row; when it cannot begin, the next row tries again. */
export function remoteWriter(path: string): Pick<Requests, 'add'> & { close(): Promise<void> } {
  let thread: Promise<Thread<Pick<RequestWriter, 'add'>, undefined>> | undefined
  const open = async (): Promise<Thread<Pick<RequestWriter, 'add'>, undefined>> => {
    try {
      return await openThread(script('./request-thread', import.meta.url), path)
    } catch (error) {
      thread = undefined
      throw error
    }
  }
  return {
    async add(rows) {
      thread ??= open()
      return (await thread).ask('add', rows.map(logRowOf))
    },
    close: async () => (await thread)?.close(),
  }
}
