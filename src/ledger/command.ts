import type { Nano } from '../model/money.ts'

/**
 * What can be asked of the ledger. Every command carries an id of the asker's making, and asking twice is asking once:
 * so whoever does not know what became of a command asks again.
 */
export type Command = Open | Credit | Adjust | Reserve | Extend | Checkpoint | Settle | Void | Sweep | Return
export type Verb = Command['do']
export type CommandOf<V extends Verb> = Extract<Command, { do: V }>

/** A customer's account exists, with this floor: 0, or minus what may be owed. Opening it again moves the floor. */
export interface Open {
  readonly do: 'open'
  readonly account: string
  readonly floor: Nano
}

/** Money from outside. */
export interface Credit {
  readonly do: 'credit'
  readonly id: string
  readonly account: string
  readonly amount: Nano
  readonly reason: string
  readonly actor: string
}

/**
 * A correction, up or down, the same on each account: of a customer, or of a customer and the budgets that paid with it.
 * Or, with no account and an amount of 0, what a vendor cost that was learnt too late.
 */
export interface Adjust {
  readonly do: 'adjust'
  readonly id: string
  readonly accounts: readonly string[]
  readonly amount: Nano
  readonly costs?: readonly Cost[]
  /** The request that is put right, if it is one. */
  readonly reservation?: string
  readonly reason: string
  readonly actor: string
}

/** Sets the upper bound of a request's cost aside on every account that has a say, or on none. */
export interface Reserve {
  readonly do: 'reserve'
  /** The request's. */
  readonly id: string
  readonly holds: readonly Hold[]
  readonly amount: Nano
  /** The version of the prices that the bound was reckoned with. */
  readonly price?: string
  /** What its asker will want to know of it when nobody else can tell any more; nothing to the ledger itself. */
  readonly memo?: string
  /** Told apart: the same request, asked again by ourselves, and another request with its id. The ledger sets it. */
  readonly ticket: number
}

/** What is held on: a customer's account, which exists, or a budget, which comes to be when it is first used. */
export type Hold =
  | { readonly account: string }
  /** `limit`: what may be spent from this account in all. The latest that is said counts. */
  | { readonly account: string; readonly limit: Nano }

/** The reservation holds at least `amount` in all. */
export interface Extend {
  readonly do: 'extend'
  readonly id: string
  readonly amount: Nano
}

/** What the request has cost so far, in all: what it is charged if this process dies. */
export interface Checkpoint {
  readonly do: 'checkpoint'
  readonly id: string
  readonly used: Nano
}

/** The end of a request that cost something, or could have. */
export interface Settle {
  readonly do: 'settle'
  readonly id: string
  /** What it costs the customer. More than the bound (`settlement.ts`) is written off. */
  readonly charge: Nano
  /** What vendors will bill us for it, each attempt that cost something. */
  readonly costs: readonly Cost[]
  /** Where the usage comes from: `vendor`, `counted`, `estimated`, … */
  readonly source: string
  readonly price?: string
}

export interface Cost {
  /** A channel, a credential: whatever bills are compared by. */
  readonly vendor: string
  readonly amount: Nano
}

/** The end of a request that cost nothing. An id that was never reserved never can be, afterwards. */
export interface Void {
  readonly do: 'void'
  readonly id: string
  readonly reason: string
  /** Only what the reserve with this ticket made, if that is what is there. */
  readonly ticket?: number
}

/** Ends what a dead process left open: at its checkpoint, or void when it has none. */
export interface Sweep {
  readonly do: 'sweep'
  readonly id: string
  /** Who is dead. Nobody else's reservation is touched. */
  readonly node: string
  readonly epoch: number
}

/** What is free on a share goes back to its owner. Whoever asks: only if nobody has touched the share since. */
export interface Return {
  readonly do: 'return'
  readonly share: string
  /** That was seen. */
  readonly version: number
}
