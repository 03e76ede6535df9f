import type { RequestRow, Requests } from '../store/requests.ts'
import type { Log } from './relay.ts'

/** Keeps a row of every request, some at a time. What is lost with a crash is a line of a log, never money. */
export interface RequestLog {
  add(row: RequestRow): void
  /** Writes what is there. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** What a log has not written. */
export interface LogFigures {
  waiting(): number
  /** Given up, in all. */
  dropped(): number
}

const everyMs = 500
/** SQLite writes on this thread, some 20 µs a row; between these streams go on. */
const rowsAtOnce = 64
/** Beyond this the oldest go: a log must not fill the memory while a disk is full. */
const mostWaiting = 20_000

export function requestLog(requests: Pick<Requests, 'add'>, log: Log): RequestLog & LogFigures {
  let waiting: RequestRow[] = []
  let dropped = 0
  let droppedInAll = 0
  let writing = Promise.resolve()
  /** One after the other: who asks for what is there waits for what is on its way too. */
  const flush = (): Promise<void> => {
    writing = writing.then(write)
    return writing
  }
  const write = async (): Promise<void> => {
    if (waiting.length === 0) return
    const rows = waiting
    waiting = []
    let written = 0
    try {
      for (; written < rows.length; written += rowsAtOnce) {
        if (written > 0) await new Promise(setImmediate)
        await requests.add(rows.slice(written, written + rowsAtOnce))
      }
      if (dropped > 0) log.warn({ dropped }, 'rows of the request log were dropped')
      dropped = 0
    } catch (error) {
      const kept = [...rows.slice(written), ...waiting]
      const given = Math.max(0, kept.length - mostWaiting)
      dropped += given
      droppedInAll += given
      waiting = kept.slice(-mostWaiting)
      log.error({ err: error }, 'the request log was not written')
    }
  }
  const timer = setInterval(flush, everyMs)
  timer.unref()
  return {
    add(row) {
      waiting.push(row)
    },
    waiting: () => waiting.length,
    dropped: () => droppedInAll,
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}
