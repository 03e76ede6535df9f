/** What customers and vendors saw: written by the simulated requests, never by the ledger. */
export interface Journal {
  readonly requests: Map<string, SeenRequest>
  /** Credits that were acknowledged. */
  readonly credits: Map<string, bigint>
  /** Requests whose corrections were refused, because their customers have nothing left. */
  readonly writtenOff: Set<string>
  /** How often each thing happened, to see that a run has seen something. */
  readonly counts: Map<string, number>
}

export interface SeenRequest {
  readonly id: string
  /** It was reserved, so the vendor was asked. */
  wasDispatched: boolean
  /** The vendor's own meter. */
  used: bigint
  /** The last checkpoint that was acknowledged. */
  checkpoint: bigint
  /** Its settle was acknowledged with this charge, as written, as kept on disk, or as an adjustment. */
  acknowledged: bigint
}

export const journalOf = (): Journal => ({
  requests: new Map(),
  credits: new Map(),
  writtenOff: new Set(),
  counts: new Map(),
})

export const count = ({ counts }: Journal, what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)
