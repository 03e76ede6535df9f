import type { Clock } from '../../../src/ledger/clock.ts'

/** Time and chance of one history, all from one seed: nothing happens but what is scheduled here. */
export interface World {
  nowMs(): number
  random(): number
  /** A whole number, 0 … below. */
  below(limit: number): number
  chance(probability: number): boolean
  after(delayMs: number, run: () => void): () => void
  /** A clock that stops when its process dies: nothing of a dead process ever runs again. */
  clockOf(process: Life): Clock
  /** Runs what is scheduled until then, and calls `check` after each. */
  runUntil(atMs: number, check: () => void): Promise<void>
}

/** A process that may die, or be stopped for a while and go on as if nothing had been. */
export interface Life {
  isDead: boolean
  asleepUntilMs: number
}

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
  isOff: boolean
}

export function worldOf(seed: number): World {
  const random = randomOf(seed)
  const timers: Timer[] = []
  let nowMs = 0
  let order = 0

  const after = (delayMs: number, run: () => void): (() => void) => {
    const timer: Timer = { atMs: nowMs + delayMs, order: order++, run, isOff: false }
    timers.splice(placeOf(timers, timer), 0, timer)
    return () => {
      timer.isOff = true
    }
  }

  return {
    nowMs: () => nowMs,
    random,
    below: (limit) => Math.floor(random() * limit),
    chance: (probability) => random() < probability,
    after,
    clockOf: (process) => ({
      nowMs: () => nowMs,
      random,
      after(delayMs, run) {
        let callOff = after(delayMs, function wake() {
          if (process.isDead) return
          if (process.asleepUntilMs > nowMs) callOff = after(process.asleepUntilMs - nowMs, wake)
          else run()
        })
        return () => callOff()
      },
    }),
    async runUntil(atMs, check) {
      await promisesToSettle()
      for (let timer = timers.pop(); timer; timer = timers.pop()) {
        if (timer.atMs > atMs) {
          timers.push(timer)
          break
        }
        if (timer.isOff) continue
        nowMs = timer.atMs
        timer.run()
        await promisesToSettle()
        check()
      }
      nowMs = atMs
    },
  }
}

// Every promise that can go on has gone on when the loop turns.
const promisesToSettle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The next is last, so that taking it is cheap. */
function placeOf(timers: readonly Timer[], timer: Timer): number {
  let low = 0
  let high = timers.length
  while (low < high) {
    const middle = (low + high) >> 1
    const other = timers[middle]
    if (other && (other.atMs > timer.atMs || (other.atMs === timer.atMs && other.order > timer.order))) low = middle + 1
    else high = middle
  }
  return low
}

/** A small generator with a full period of 2³², good enough to choose faults. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}
