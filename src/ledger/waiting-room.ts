import type { Clock } from './clock.ts'
import type { Patience } from './patience.ts'

/** Where everybody waits who asked the database for something. One timer serves all: under load there are thousands. */
export interface WaitingRoom {
  /** undefined: not in time, see `Patience`. A process that was busy with other things has not waited meanwhile. */
  inTime<T>(answer: Promise<T>, patience: Patience): Promise<T | undefined>
}

interface Waiter {
  readonly patience: Patience
  idleMs: number
  waitedMs: number
  giveUp(): void
}

/** Waits are this much longer than their patience at most; the shortest has ten of them. */
const tickMs = 25

export function waitingRoom(clock: Clock): WaitingRoom {
  const waiters = new Set<Waiter>()
  /** Somebody was answered since the last tick. */
  let isMoving = false
  let tickBeganMs: number | undefined

  // Ticks follow one another instead of coming at their times: a loop that was held up for a second has one of them then,
  // and reads what has come before the next.
  function tick(): void {
    for (const waiter of waiters) {
      waiter.waitedMs += tickMs
      waiter.idleMs = isMoving ? 0 : waiter.idleMs + tickMs
      if (waiter.idleMs >= waiter.patience.deadlineMs || waiter.waitedMs >= waiter.patience.longestMs) waiter.giveUp()
    }
    isMoving = false
    tickBeganMs = undefined
    if (waiters.size > 0) begin()
  }

  function begin(): void {
    tickBeganMs = clock.nowMs()
    clock.after(tickMs, tick)
  }

  /** How much of the tick that is running was over before now. */
  function sinceTick(): number {
    if (tickBeganMs === undefined) begin()
    return Math.min(tickMs, clock.nowMs() - (tickBeganMs ?? 0))
  }

  return {
    inTime: (answer, patience) =>
      new Promise((resolve, reject) => {
        const head = -sinceTick()
        const leave = (): void => void waiters.delete(waiter)
        const giveUp = (): void => {
          leave()
          resolve(undefined)
        }
        const waiter: Waiter = { patience, idleMs: head, waitedMs: head, giveUp }
        waiters.add(waiter)
        answer.then(
          (value) => {
            isMoving = true
            leave()
            resolve(value)
          },
          (error: unknown) => {
            leave()
            reject(error)
          },
        )
      }),
  }
}
