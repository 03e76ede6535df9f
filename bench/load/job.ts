import type { Exchange } from '../exchanges.ts'

interface Aimed {
  /** Of the target, such as `http://127.0.0.1:4000`. */
  readonly origin: string
  readonly exchange: Exchange
}

/** `connections` requests at a time, the next as soon as one has ended. */
export interface CountLoad extends Aimed {
  readonly kind: 'count'
  readonly connections: number
  readonly requests: number
}

/** Requests at their times, whether or not the earlier ones have ended. `requests`: those that are counted. */
export interface RateLoad extends Aimed {
  readonly kind: 'rate'
  readonly perSecond: number
  readonly requests: number
}

/** Streams that are opened, read and kept until the release. */
export interface HoldLoad extends Aimed {
  readonly kind: 'hold'
  readonly streams: number
}

/** Clients that send a request and never read. */
export interface StallLoad extends Aimed {
  readonly kind: 'stall'
  readonly clients: number
}

export type Load = CountLoad | RateLoad | HoldLoad | StallLoad | { readonly kind: 'release' }

/** What one fixed load gave. */
export interface Measured {
  readonly seconds: number
  /** From sending a request to the first byte of the answer's body. */
  readonly firstByteMs: { readonly p50: number; readonly p99: number }
}

export type Done =
  | ({ readonly kind: 'measured' } & Measured)
  | { readonly kind: 'kept' }
  | { readonly kind: 'failed'; readonly message: string }

/** The messages between the two processes. */
export interface Job {
  readonly id: number
  readonly load: Load
}
export interface JobDone {
  readonly id: number
  readonly done: Done
}
