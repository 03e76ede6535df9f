import { isShare, ownerOf } from '../../../src/ledger/lease/share.ts'
import type { Database } from './database.ts'
import type { Journal } from './journal.ts'

/** What must hold, and the names by which it is told. `bug`: the ledger itself found something that cannot be. */
export const laws = {
  I1: 'every balance is the sum of its transfers, and the book sums to 0',
  I2: 'what is held is the sum of open reservations, and at rest there are none',
  I3: 'nobody falls below their floor',
  I4: 'a request ends once, and is charged once',
  I5: 'what was acknowledged stays, and a death costs no more than what came after the last checkpoint',
  I6: 'nobody pays for more than was used, or than the bound',
  I7: 'what a process has drawn of an account and does not use comes back',
  bug: 'no assertion fails',
} as const

/** A law that was broken. */
export class Violation extends Error {
  readonly law: keyof typeof laws
  constructor(law: keyof typeof laws, what: string) {
    super(`${law}: ${what}`)
    this.law = law
  }
}

/**
 * Looks at the database with eyes of its own: it keeps its own sums of the transfers, and its own notes of what has ended.
 */
export interface Judge {
  /** What must hold at every moment. */
  check(): void
  /** What must hold when all is quiet. */
  checkAtRest(journal: Journal): void
}

export function judgeOf(database: Database): Judge {
  const sums = new Map<string, bigint>()
  const ended = new Map<string, string>()
  const charges = new Map<string, bigint>()
  let read = 0
  let looked = 0

  function readTransfers(): void {
    for (; read < database.transfers.length; read++) {
      const transfer = database.transfers[read]
      if (!transfer) continue
      const { debit, credit, amount, kind, reservation } = transfer
      if (amount <= 0n) throw new Violation('I1', `a transfer of ${amount}`)
      sums.set(debit, (sums.get(debit) ?? 0n) - amount)
      sums.set(credit, (sums.get(credit) ?? 0n) + amount)
      if (kind !== 'charge') continue
      if (charges.has(reservation)) throw new Violation('I4', `${reservation} is charged twice`)
      charges.set(reservation, amount)
    }
  }

  function checkAccounts(): void {
    const held = new Map<string, bigint>()
    for (const { state, accounts, amount } of database.reservations.values())
      if (state === 'open') for (const id of accounts) held.set(id, (held.get(id) ?? 0n) + amount)
    let all = 0n
    for (const account of database.accounts.values()) {
      const { id, kind, balance, floor } = account
      all += balance
      if (balance !== (sums.get(id) ?? 0n))
        throw new Violation('I1', `${id} has ${balance}, entries say ${sums.get(id)}`)
      if (account.held !== (held.get(id) ?? 0n))
        throw new Violation('I2', `${id} holds ${account.held}, open reservations say ${held.get(id)}`)
      if (kind !== 'system' && balance - account.held < floor)
        throw new Violation('I3', `${id} has ${balance} and holds ${account.held} over ${floor}`)
    }
    if (all !== 0n) throw new Violation('I1', `the book sums to ${all}`)
  }

  function checkEnds(): void {
    for (const row of database.reservations.values()) {
      if (row.state === 'open') continue
      const end = `${row.state} ${row.charged} ${row.excess} ${row.source}`
      if (!ended.has(row.id)) ended.set(row.id, end)
      if (ended.get(row.id) !== end)
        throw new Violation('I4', `${row.id} ended twice: ${ended.get(row.id)}, then ${end}`)
      const charged = charges.get(row.id) ?? 0n
      if (row.state === 'settled' && charged !== row.charged)
        throw new Violation('I4', `${row.id} says ${row.charged}, its entry ${charged}`)
      if (row.state === 'voided' && charged > 0n) throw new Violation('I6', `${row.id} is void and charged`)
    }
  }

  return {
    check() {
      if (database.landings() === looked) return
      looked = database.landings()
      readTransfers()
      checkAccounts()
      checkEnds()
    },
    checkAtRest(journal) {
      for (const { id, balance } of database.accounts.values())
        if (isShare(id) && balance !== 0n) throw new Violation('I7', `${balance} lie on ${id} for ever`)
      for (const row of database.reservations.values())
        if (row.state === 'open') throw new Violation('I2', `${row.id} is open for ever`)
      for (const request of journal.requests.values()) {
        const row = database.reservations.get(request.id)
        const taken = takenFor(database, request.id)
        const wasBound = row ? row.amount + row.amount / 50n : 0n
        const due = request.used < wasBound ? request.used : wasBound
        if (taken > due) throw new Violation('I6', `${request.id} used ${request.used} and paid ${taken}`)
        if (!request.wasDispatched) continue
        const owed = row && request.acknowledged > row.amount ? row.amount : request.acknowledged
        if (taken < owed && !journal.writtenOff.has(request.id))
          throw new Violation('I5', `${request.id} was settled with ${owed} and paid ${taken}`)
        // Whoever died, or was too late to be paid, loses what came after the last checkpoint, and no more.
        const known = row && request.checkpoint > row.amount ? row.amount : request.checkpoint
        if (taken < known) throw new Violation('I5', `${request.id} had a checkpoint at ${known} and paid ${taken}`)
      }
      for (const [id, amount] of journal.credits) {
        const found = database.transfers.filter(({ operation }) => operation === `credit/${id}`)
        if (found.length !== 1 || found[0]?.amount !== amount)
          throw new Violation('I5', `the credit ${id} is not there once`)
      }
    },
  }
}

/** What a request's customer has paid in the end, with all corrections. */
function takenFor(database: Database, id: string): bigint {
  let taken = 0n
  for (const { reservation, kind, debit, credit, amount } of database.transfers) {
    if (reservation !== id) continue
    if (ownerOf(debit).startsWith('user') && (kind === 'charge' || kind === 'adjust')) taken += amount
    if (ownerOf(credit).startsWith('user') && kind === 'adjust') taken -= amount
  }
  return taken
}
