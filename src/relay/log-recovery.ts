import type { Life, Lives } from '../ledger/lives.ts'
import type { Reservation } from '../ledger/state.ts'
import type { LedgerStore, Place } from '../ledger/store.ts'
import type { Marks } from '../store/marks.ts'
import type { RequestRow, Requests } from '../store/requests.ts'
import { customerOf, keyOfBudget } from './holds.ts'
import { readMemo } from './memo.ts'
import type { Log } from './relay.ts'
import type { LogFigures, RequestLog } from './request-log.ts'

/**
 * Writes the lines of the request log that a process could not write before it died: of requests that the sweeper ended
 * for it, and of those that were charged in its last moments. So the sums of the log are those of the ledger again.
 */
export interface LogRecovery {
  /** A request was ended for a dead process. May be told before all else has begun. */
  swept(id: string): void
  /** Answers when it is noted where this process began; looks after the dead behind that, again and again. */
  begin(parts: RecoveryParts): Promise<void>
  /** Before the ledger is closed: nothing more is looked for. */
  stop(): Promise<void>
  /** When the log has written everything: then nobody need look after this process. */
  leave(): Promise<void>
}

export interface RecoveryParts {
  readonly books: Lives & Pick<LedgerStore, 'node' | 'epoch' | 'orphans' | 'reservation'>
  readonly requests: Pick<Requests, 'add'>
  readonly marks: Pick<Marks, 'write' | 'under' | 'remove'>
  readonly requestLog: Pick<RequestLog, 'flush'> & LogFigures
  readonly log: Log
}

const roundMs = 10_000
const rowsAtOnce = 500

export function logRecovery(): LogRecovery {
  const ended = new Set<string>()
  let begun: { readonly parts: RecoveryParts; readonly timer: NodeJS.Timeout } | undefined
  let running = Promise.resolve()

  /** One after the other; what fails is tried again in the next round. */
  function inTurn(parts: RecoveryParts, run: () => Promise<void>): Promise<void> {
    running = running.then(run).catch((error: unknown) => {
      parts.log.error({ err: error }, 'lines of a process that died are missing in the request log')
    })
    return running
  }

  async function writeEnded({ books, requests }: RecoveryParts): Promise<void> {
    const ids = [...ended]
    if (ids.length === 0) return
    const found = await Promise.all(ids.map((id) => books.reservation(id)))
    await requests.add(found.flatMap((reservation) => (reservation ? [rowOf(reservation)] : [])))
    for (const id of ids) ended.delete(id)
  }

  return {
    swept(id) {
      ended.add(id)
      const parts = begun?.parts
      if (parts) inTurn(parts, () => writeEnded(parts))
    },
    async begin(parts) {
      const advance = ownMark(parts)
      const look = (): Promise<void> => inTurn(parts, () => writeEnded(parts).then(() => writeLost(parts)))
      const round = (): Promise<void> => inTurn(parts, advance).then(look)
      begun = { parts, timer: setInterval(round, roundMs).unref() }
      await inTurn(parts, advance)
      look()
    },
    stop() {
      clearInterval(begun?.timer)
      return running
    },
    async leave() {
      if (!begun) return
      await running
      const { books, log, marks, requestLog } = begun.parts
      if (!isComplete(requestLog)) return
      // With a mark more, the next process looks once more at what is there.
      await marks.remove(markOf(books)).catch((error: unknown) => log.warn({ err: error }, 'a mark was left behind'))
    },
  }
}

const isComplete = (log: LogFigures): boolean => log.waiting() === 0 && log.dropped() === 0

const prefix = 'request-log/'

/** How far the log of a process is complete: its mark is the number of a batch of the ledger. */
const markOf = ({ node, epoch }: Life): string => `${prefix}${epoch}/${node}`

function lifeOf(mark: string): Life {
  const [epoch = '', ...node] = mark.slice(prefix.length).split('/')
  return { node: node.join('/'), epoch: Number(epoch) }
}

/** What was charged so many rounds ago has been logged by a process that lives. */
const roundsUntilLogged = 6

/**
 * Moves this process's own mark to where the book was some rounds ago. What the log has dropped since is found by the
 * next process only, from the mark as it was then.
 */
function ownMark({ books, marks, requestLog }: RecoveryParts): () => Promise<void> {
  const seen: number[] = []
  let written: number | undefined
  return async () => {
    seen.push(await books.newest())
    if (seen.length > roundsUntilLogged) seen.shift()
    await requestLog.flush()
    const [oldest] = seen
    if (oldest === undefined || oldest === written || (written !== undefined && !isComplete(requestLog))) return
    await marks.write(markOf(books), String(oldest))
    written = oldest
  }
}

/** Of every process that has left a mark and is no more: all that it charged behind the mark. Lines that are there stay. */
async function writeLost(parts: RecoveryParts): Promise<void> {
  const { books, marks } = parts
  const left = await marks.under(prefix)
  const alive = await books.alive()
  if (!alive) return
  const living = new Set([books, ...alive].map(markOf))
  const dead = left.filter(({ name }) => !living.has(name))
  if (dead.length === 0) return
  const areAllEnded = (await books.orphans()).length === 0
  for (const { name, mark } of dead) {
    await writeLostOf(parts, lifeOf(name), Number(mark))
    // What the sweeper has yet to end is charged behind the mark too.
    if (areAllEnded) await marks.remove(name)
  }
}

async function writeLostOf({ books, requests }: RecoveryParts, life: Life, batch: number): Promise<void> {
  let after: Place = { batch, n: 0 }
  for (;;) {
    const charged = await books.charged({ ...life, after, limit: rowsAtOnce })
    await requests.add(charged.map(({ reservation }) => rowOf(reservation)))
    const last = charged.at(-1)
    if (!last || charged.length < rowsAtOnce) return
    after = last
  }
}

/** All that the ledger knows of a request. */
function rowOf(reservation: Reservation): RequestRow {
  const { accounts, amount, charged, id, price, reservedAtMs, resolvedAtMs, source } = reservation
  const { format, isStream, key, model } = readMemo(reservation.memo)
  return {
    id,
    atMs: reservedAtMs,
    account: accounts.map(customerOf).find((name) => name !== undefined) ?? '',
    keyId: key ?? accounts.map(keyOfBudget).find((name) => name !== undefined) ?? '',
    model: model ?? '',
    channel: '',
    outcome: source === 'sweep' ? 'swept' : 'recovered',
    charged,
    detail: {
      source,
      reserved: String(amount),
      ...(price !== '' && { price }),
      ...(isStream !== undefined && { isStream }),
      ...(format !== undefined && { format }),
      attempts: [],
      lost: [],
      durationMs: resolvedAtMs - reservedAtMs,
    },
  }
}
