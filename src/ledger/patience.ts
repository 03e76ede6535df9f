import type { Verb } from './command.ts'

/** How long whoever asks waits, and what is done then. */
export interface Patience {
  /** How long the command may wait for others to share its commit. */
  readonly gatherMs: number
  /** How long while the database takes nothing at all, */
  readonly deadlineMs: number
  /** and how long while it takes what others asked before. */
  readonly longestMs: number
  /** Past the deadline: kept until it can be written, or answered with `unavailable`. */
  readonly isKept: boolean
}

/** What requests wait for goes as soon as the loop has turned. */
const patienceOf = (urgent: Pick<Patience, 'deadlineMs' | 'longestMs'>): Readonly<Record<Verb, Patience>> => ({
  open: byHand,
  credit: byHand,
  adjust: byHand,
  reserve: { ...urgent, gatherMs: 0, isKept: false },
  extend: { ...urgent, gatherMs: 0, isKept: false },
  checkpoint: byHand,
  settle: ending,
  void: ending,
  sweep: byHand,
  return: byHand,
})

// What ends a request has no one waiting.
const ending: Patience = { gatherMs: 2, deadlineMs: 1_000, longestMs: 1_000, isKept: true }
const byHand: Patience = { gatherMs: 2, deadlineMs: 5_000, longestMs: 5_000, isKept: false }

/** With a database that others share: who is turned away here may be served there. */
export const patience = patienceOf({ deadlineMs: 250, longestMs: 1_000 })

/** With a disk of our own: there is no other, and one that takes half a second to write is still a disk. */
export const patienceOnDisk = patienceOf({ deadlineMs: 1_000, longestMs: 2_000 })
