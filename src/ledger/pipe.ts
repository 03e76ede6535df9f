import type { Answer } from './answer.ts'
import type { Clock } from './clock.ts'
import type { Command } from './command.ts'
import type { LedgerStore } from './store.ts'

/** The way of commands into the database: those of one moment share a commit, one commit at a time. */
export interface Pipe {
  /** Waits up to `gatherMs` for others. Tried again and again until the database has taken it. */
  enter(command: Command, gatherMs: number): Passage
  /** How many have not been answered. */
  waiting(): number
  /** No commit begins any more. */
  stop(): void
}

export interface Passage {
  /** @throws Error for a bug or a broken database: nothing of this command was written. */
  readonly answer: Promise<Answer>
  /** It is not tried any more. Whether it may have been written, or may yet be. */
  withdraw(): boolean
}

export interface PipeParts {
  readonly store: Pick<LedgerStore, 'commit'>
  readonly clock: Clock
  /** The database has begun to refuse, or (no cause) to take again. */
  onChange(cause?: unknown): void
}

interface Entry extends Passage {
  readonly command: Command
  /** When its commit should begin. */
  readonly dueMs: number
  wasSent: boolean
  isWithdrawn: boolean
  resolve(answer: Answer): void
  reject(error: unknown): void
}

const largestBatch = 128
/** Where more commands come in a millisecond, commits begin no closer than this: fewer and fuller ones cost less. */
const busyRate = 3
const paceMs = 2
const rateOverMs = 16
const firstRestMs = 10
const longestRestMs = 1_000

export function pipeOf({ store, clock, onChange }: PipeParts): Pipe {
  let queue: Entry[] = []
  let batch: readonly Entry[] = []
  /** How many of the queue have withdrawn. */
  let left = 0
  let restMs = 0
  let dueMs = Number.POSITIVE_INFINITY
  let beganMs = 0
  /** Commands in a millisecond, lately. */
  let rate = 0
  let next: { readonly atMs: number; callOff(): void } | undefined
  let isStopped = false

  /** A commit that is under way gathers the next by itself. */
  function schedule(): void {
    if (isStopped || batch.length > 0 || queue.length === 0) return
    const nowMs = clock.nowMs()
    const atMs = Math.max(nowMs + restMs, queue.length >= largestBatch ? 0 : Math.max(dueMs, pacedMs()))
    if (next && next.atMs <= atMs) return
    next?.callOff()
    next = { atMs, callOff: clock.after(atMs - nowMs, () => void run()) }
  }

  const pacedMs = (): number => (rate > busyRate ? beganMs + paceMs : 0)

  async function run(): Promise<void> {
    next = undefined
    if (left > 0) cleanUp()
    batch = queue.slice(0, largestBatch)
    queue = queue.slice(largestBatch)
    dueMs = soonest(queue)
    if (batch.length === 0) return
    measure(batch.length)
    await send(batch)
    batch = []
    schedule()
  }

  /** Not one by one: thousands give up at once. */
  function cleanUp(): void {
    queue = queue.filter(({ isWithdrawn }) => !isWithdrawn)
    left = 0
  }

  function measure(commands: number): void {
    const nowMs = clock.nowMs()
    rate = rate * Math.exp((beganMs - nowMs) / rateOverMs) + commands / rateOverMs
    beganMs = nowMs
  }

  async function send(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) entry.wasSent = true
    try {
      const committed = await store.commit(entries.map(({ command }) => command))
      if (!committed.ok) return putBack(entries, committed.cause)
      if (restMs > 0) onChange()
      restMs = 0
      for (const [at, entry] of entries.entries()) resolve(entry, committed.answers[at])
    } catch (error) {
      // Nothing was written. One of them is to blame, and the others need not suffer for it.
      if (entries.length === 1) for (const entry of entries) entry.reject(error)
      else for (const entry of entries) await send([entry])
    }
  }

  function putBack(entries: readonly Entry[], cause: unknown): void {
    if (restMs === 0) onChange(cause)
    restMs = Math.min(longestRestMs, Math.max(firstRestMs, restMs * (1 + clock.random())))
    queue = [...entries, ...queue]
    cleanUp()
    dueMs = soonest(queue)
  }

  return {
    enter(command, gatherMs) {
      const entry = entryOf(command, clock.nowMs() + gatherMs, () => {
        if (!batch.includes(entry)) left++
        if (left > Math.max(largestBatch, queue.length / 2)) cleanUp()
      })
      queue.push(entry)
      dueMs = Math.min(dueMs, entry.dueMs)
      schedule()
      return entry
    },
    waiting: () => queue.length - left + batch.length,
    stop() {
      isStopped = true
      next?.callOff()
    },
  }
}

const soonest = (queue: readonly Entry[]): number =>
  queue.reduce((least, { dueMs }) => Math.min(least, dueMs), Number.POSITIVE_INFINITY)

function entryOf(command: Command, dueMs: number, leave: () => void): Entry {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const entry: Entry = {
    command,
    dueMs,
    answer: promise,
    wasSent: false,
    isWithdrawn: false,
    resolve,
    reject,
    withdraw() {
      entry.isWithdrawn = true
      leave()
      return entry.wasSent
    },
  }
  return entry
}

function resolve(entry: Entry, answer: Answer | undefined): void {
  if (answer) entry.resolve(answer)
  else entry.reject(new Error('the ledger gave fewer answers than it was asked'))
}
