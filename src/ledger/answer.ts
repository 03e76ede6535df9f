import type { Nano } from '../model/money.ts'
import type { Verb } from './command.ts'

/** What the ledger answers to each command. None of it is an error: what cannot be is answered too. */
export interface Answers {
  open: Opened | Conflict | Invalid
  credit: Done | Conflict | NoAccount | TooLarge | Invalid
  adjust: Done | Conflict | NoAccount | Insufficient | TooLarge | Invalid
  reserve: Reserved | Insufficient | NoAccount | Resolved | Conflict | Invalid
  extend: Extended | Insufficient | Resolved | Unknown | Invalid
  checkpoint: Checkpointed | Resolved | Unknown | Invalid
  settle: Settled | Resolved | Unknown | TooLarge | Invalid
  void: Voided | AlreadySettled | Conflict | Invalid
  sweep: Settled | Voided | Resolved | Unknown | Invalid
  return: Returned | Invalid
}

export type AnswerOf<V extends Verb> = Answers[V]
export type Answer = Answers[Verb]
type Resolved = AlreadySettled | AlreadyVoided

interface Opened {
  readonly is: 'opened'
}

/** Written. `repeated`: it was already, by the same command asked before. */
interface Done {
  readonly is: 'done'
  readonly repeated: boolean
}

export interface Reserved {
  readonly is: 'reserved'
  readonly amount: Nano
  /** Another request with this id is under way: this one must not be sent. */
  readonly repeated: boolean
}

export interface Insufficient {
  readonly is: 'insufficient'
  /** The first account, in the order of the holds, that has too little. */
  readonly account: string
  readonly available: Nano
}

interface NoAccount {
  readonly is: 'no account'
  readonly account: string
}

interface Extended {
  readonly is: 'extended'
  /** What is held now. */
  readonly amount: Nano
}

interface Checkpointed {
  readonly is: 'checkpointed'
  readonly used: Nano
}

export interface Settled {
  readonly is: 'settled'
  readonly charged: Nano
  /** What was not charged because it lies above the bound. */
  readonly excess: Nano
  readonly repeated: boolean
}

interface Voided {
  readonly is: 'voided'
  readonly repeated: boolean
}

export interface AlreadySettled {
  readonly is: 'already settled'
  readonly charged: Nano
  readonly reserved: Nano
  readonly accounts: readonly string[]
  /** `sweep` when it was taken for dead. */
  readonly source: string
}

export interface AlreadyVoided {
  readonly is: 'already voided'
  readonly reserved: Nano
  readonly accounts: readonly string[]
  readonly source: string
}

interface Returned {
  readonly is: 'returned'
  /** 0 when the share has changed, or is gone. */
  readonly amount: Nano
}

/** The id stands for something else. */
interface Conflict {
  readonly is: 'conflict'
}

/** Never reserved. */
interface Unknown {
  readonly is: 'unknown'
}

/** The balance would leave the range of money. */
interface TooLarge {
  readonly is: 'too large'
  readonly account: string
}

/** The command itself is wrong: whoever wrote it has a bug, or let an unchecked number through. */
export interface Invalid {
  readonly is: 'invalid'
  readonly what: string
}
