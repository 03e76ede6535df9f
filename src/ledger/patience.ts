import type { Verb } from './command.ts'

/** How long whoever asks waits, and what is done then. */
export interface Patience {
  /** How long the command may wait for others to share its commit. */
  readonly gatherMs: number
  readonly deadlineMs: number
  /** Past the deadline: kept until it can be written, or answered with `unavailable`. */
  readonly isKept: boolean
}

// Requests wait for these two: they go as soon as the loop has turned. What ends a request has no one waiting.
const urgent: Patience = { gatherMs: 0, deadlineMs: 250, isKept: false }
const ending: Patience = { gatherMs: 2, deadlineMs: 1_000, isKept: true }
const byHand: Patience = { gatherMs: 2, deadlineMs: 5_000, isKept: false }

export const patience: Readonly<Record<Verb, Patience>> = {
  open: byHand,
  credit: byHand,
  adjust: byHand,
  reserve: urgent,
  extend: urgent,
  checkpoint: { gatherMs: 2, deadlineMs: 5_000, isKept: false },
  settle: ending,
  void: ending,
  sweep: byHand,
}
