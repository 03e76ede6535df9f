import type { Answer } from './answer.ts'
import type { Difference } from './audit.ts'
import type { Pass } from './audit-texts.ts'
import type { Command } from './command.ts'
import type { Account, Reservation, Transfer } from './state.ts'

/**
 * Where the ledger is kept. Two of them, SQLite and PostgreSQL, and both run the same `decide`.
 * Methods throw what nobody expects: a broken file, a count that is wrong, a bug. Nothing is written then.
 */
export interface LedgerStore {
  readonly node: string
  /** Of this process: later ones of the same node have higher ones. */
  readonly epoch: number
  /** All of them durably, or none. */
  commit(commands: readonly Command[]): Promise<Committed>
  /** Tells that this process is alive. How long ago it told so before, by the store's clock; undefined: unavailable. */
  beat(): Promise<number | undefined>
  /** Open reservations of processes that are dead; some of them, if they are many. Unavailable: none. */
  orphans(): Promise<readonly Orphan[]>
  /** What processes have drawn of accounts and is free: it lies idle, or is about to be used. Unavailable: none. */
  shares(): Promise<readonly Share[]>
  audit(pass: Pass): Promise<Audited>
  /** With all its shares. */
  account(id: string): Promise<Account | undefined>
  reservation(id: string): Promise<Reservation | undefined>
  /** What a credit or an adjustment moved: `credit/ID`, `adjust/ID`. */
  operation(id: string): Promise<readonly Transfer[]>
  /** All transfers of one request, in order: charge, costs, corrections. */
  transfersOf(reservation: string): Promise<readonly Transfer[]>
  /** What came to an account and what it was charged, newest first; costs the same however long the book is. */
  statement(asked: StatementAsked): Promise<readonly Entry[]>
  close(): Promise<void>
}

export interface StatementAsked {
  readonly account: string
  readonly limit: number
  /** Only what stands before this entry. */
  readonly before?: Place
}

/** Where a transfer stands in the book. */
export interface Place {
  readonly batch: number
  readonly n: number
}

export interface Entry extends Place {
  readonly transfer: Transfer
}

export type Committed =
  | { readonly ok: true; readonly answers: readonly Answer[] }
  /** Not reached, full, or lost on the way: it may have been written all the same. Asking again is safe. */
  | { readonly ok: false; readonly cause: unknown }

export type Orphan = Pick<Reservation, 'id' | 'node' | 'epoch'>

/** The account's version tells whether anybody has touched it since. */
export type Share = Pick<Account, 'id' | 'version'>

export type Audited =
  | { readonly ok: true; readonly differences: readonly Difference[]; readonly isCaughtUp: boolean }
  /** Unavailable, or another process is at it. */
  | { readonly ok: false }
