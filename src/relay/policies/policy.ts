import type { UpstreamFormat } from '../../model/dialect.ts'
import type { Candidate, TokenPrice } from '../candidate.ts'
import type { Displaced } from '../displaced.ts'
import type { Health } from '../health.ts'

/** What a policy may know. */
export interface Circumstances {
  /** The client's format, when an upstream could be asked in it unchanged. */
  readonly format: UpstreamFormat | undefined
  /** Digest of what the request goes on with; absent where nothing tells it. */
  readonly conversation: string | undefined
  /** Providers and channels that the client would rather have, the first most. */
  readonly order: readonly string[]
  readonly displaced: Pick<Displaced, 'isAt'>
  readonly health: Pick<Health, 'isResting'>
  /** Milliseconds until the first words, where it was measured. */
  readonly speedOf: (candidate: Candidate) => number | undefined
  /** Tokens of the answer a second, where they were measured. */
  readonly rateOf: (candidate: Candidate) => number | undefined
  /** What is paid to the vendor, where it is known. */
  readonly costOf: (candidate: Candidate) => TokenPrice | undefined
  readonly random: () => number
}

/** Puts candidates into an order. Orders are stable, so that policies can be laid over each other, the weightiest last. */
export type Policy = (candidates: readonly Candidate[], circumstances: Circumstances) => readonly Candidate[]
