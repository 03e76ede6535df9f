import { largestNano, type Nano } from '../model/money.ts'
import type { Leasing } from './lease/leasing.ts'

/** What a batch of commands reads: everything that it touches and that exists. */
export interface State {
  readonly accounts: ReadonlyMap<string, Account>
  readonly reservations: ReadonlyMap<string, Reservation>
  /** Transfers of credits and adjustments that were asked for before, by operation. */
  readonly operations: ReadonlyMap<string, readonly Transfer[]>
  /** Accounts of which every share is here too. */
  readonly whole?: ReadonlySet<string>
}

/**
 * `user`: a customer's money. `budget`: what a key may spend, from 0 down to minus its limit. `system`: the other side
 * of every transfer.
 */
export type AccountKind = 'user' | 'budget' | 'system'

export interface Account {
  readonly id: string
  readonly kind: AccountKind
  readonly balance: Nano
  /** Set aside by open reservations. */
  readonly held: Nano
  /** What balance − held may not fall below. System accounts have none. */
  readonly floor: Nano
  /** Grows by one with every batch that changes it. */
  readonly version: number
  /** The highest batch that changed it: the auditor compares it when that is proved. */
  readonly batch: number
}

export interface Reservation {
  readonly id: string
  readonly state: 'open' | 'settled' | 'voided'
  readonly accounts: readonly string[]
  /** What was asked for at first; extensions do not change it. */
  readonly asked: Nano
  readonly amount: Nano
  readonly checkpoint: Nano
  readonly charged: Nano
  readonly excess: Nano
  /** How it ended: where its usage comes from, why it was voided, or `sweep`. Empty while open. */
  readonly source: string
  readonly price: string
  /** Whatever its asker wrote on it. */
  readonly memo: string
  readonly node: string
  readonly epoch: number
  readonly ticket: number
  readonly reservedAtMs: number
  /** 0 while open. */
  readonly resolvedAtMs: number
  /** The batch that changed it last: its version. */
  readonly batch: number
}

/** `lease`, `return`: between an account and a share of it. */
export type TransferKind = 'charge' | 'budget' | 'cost' | 'excess' | 'credit' | 'adjust' | 'lease' | 'return'

/** Money from one account to another: two entries in one row, so that the book sums to 0 whatever happens. Never changed. */
export interface Transfer {
  /** What it belongs to; with `leg` it is unique, so that nothing is moved twice. */
  readonly operation: string
  readonly leg: number
  readonly kind: TransferKind
  readonly debit: string
  readonly credit: string
  /** Above 0. */
  readonly amount: Nano
  /** The request, or empty. */
  readonly reservation: string
  readonly actor: string
  readonly reason: string
  readonly price: string
  readonly atMs: number
}

/** What a batch writes, all or nothing. */
export interface Changes {
  readonly opened: readonly Account[]
  /** Only if the account is still at the version that was read. */
  readonly changed: readonly { readonly account: Account; readonly from: number }[]
  readonly reserved: readonly Reservation[]
  /** Only if the reservation is still open, and at the version that was read. */
  readonly advanced: readonly { readonly reservation: Reservation; readonly from: number }[]
  readonly transfers: readonly Transfer[]
}

/** Where and when a batch is decided. */
export interface Context {
  readonly node: string
  readonly epoch: number
  /** Grows with every batch; no two have the same. */
  readonly batch: number
  readonly atMs: number
  readonly leasing?: Leasing
}

/**
 * What may still be held: what is over the floor, as far as money goes. Below 0 when a limit was lowered under what is
 * spent.
 */
export function availableOf({ balance, held, floor }: Account): bigint {
  const overFloor = balance - held - floor
  const overRange = largestNano - held
  return overFloor < overRange ? overFloor : overRange
}
