import { difference, type Nano, smaller, zero } from '../../model/money.ts'
import type { Answers } from '../answer.ts'
import type { CommandOf, Cost } from '../command.ts'
import { boundOf } from '../settlement.ts'
import type { Context, Reservation } from '../state.ts'
import type { Draft, Move } from './draft.ts'
import { gathered } from './lease.ts'
import { resolvedAs } from './resolved.ts'

export function settle(draft: Draft, command: CommandOf<'settle'>): Answers['settle'] {
  const reservation = draft.reservation(command.id)
  if (!reservation) return { is: 'unknown' }
  if (isRepetition(reservation, command))
    return { is: 'settled', charged: reservation.charged, excess: reservation.excess, repeated: true }
  const resolved = resolvedAs(reservation)
  if (resolved) return resolved
  const charged = smaller(command.charge, boundOf(reservation.amount, freeOf(draft, reservation, command.charge)))
  const excess = difference(command.charge, charged)
  const price = command.price ?? reservation.price
  return close(draft, { ...reservation, charged, excess, source: command.source, price }, command.costs)
}

const isRepetition = (reservation: Reservation, { charge, source }: CommandOf<'settle'>): boolean =>
  reservation.state === 'settled' &&
  reservation.source === source &&
  reservation.charged + reservation.excess === charge

/** What every account could bear beyond the reservation, as far as this charge goes. It lies where it will be taken. */
function freeOf(draft: Draft, { accounts: ids, amount }: Reservation, charge: Nano): bigint {
  let free = smaller(charge, boundOf(amount, amount)) - amount
  if (free <= 0n) return 0n
  const accounts = ids.flatMap((id) => draft.account(id) ?? [])
  for (const account of accounts) {
    const available = gathered(draft, account, free)
    if (available < free) free = available
  }
  // Of the first there may be less to take than was brought, of others less than was asked.
  for (const account of accounts) gathered(draft, account, free)
  return free
}

export function voidReservation(draft: Draft, { id, reason, ticket }: CommandOf<'void'>): Answers['void'] {
  const reservation = draft.reservation(id)
  if (!reservation) {
    // Its reserve may still be on the way, on a connection that was lost. It will find this.
    draft.keep(tombstone(draft, id, reason))
    return { is: 'voided', repeated: false }
  }
  if (ticket !== undefined && !isFrom(reservation, draft.context, ticket)) return { is: 'conflict' }
  const resolved = resolvedAs(reservation)
  if (resolved?.is === 'already voided') return { is: 'voided', repeated: true }
  return resolved ?? release(draft, { ...reservation, source: reason })
}

const isFrom = (reservation: Reservation, { node, epoch }: Context, ticket: number): boolean =>
  reservation.ticket === ticket && reservation.node === node && reservation.epoch === epoch

export function sweep(draft: Draft, { id, node, epoch }: CommandOf<'sweep'>): Answers['sweep'] {
  const reservation = draft.reservation(id)
  if (!reservation || reservation.node !== node || reservation.epoch !== epoch) return { is: 'unknown' }
  const resolved = resolvedAs(reservation)
  if (resolved) return resolved
  const swept = { ...reservation, source: 'sweep' }
  if (reservation.checkpoint === zero) return release(draft, swept)
  // In the customer's favour: what is known to have been used, and nothing above what was reserved.
  const charged = smaller(reservation.checkpoint, reservation.amount)
  const closed = close(draft, { ...swept, charged }, [])
  return closed.is === 'too large' ? release(draft, swept) : closed
}

function release(draft: Draft, reservation: Reservation): { is: 'voided'; repeated: false } {
  for (const account of reservation.accounts) draft.hold(account, -reservation.amount)
  draft.keep({ ...reservation, state: 'voided', resolvedAtMs: draft.context.atMs })
  return { is: 'voided', repeated: false }
}

function close(
  draft: Draft,
  reservation: Reservation,
  costs: readonly Cost[],
): Extract<Answers['settle'], { is: 'settled' | 'too large' }> {
  const { charged, excess } = reservation
  const overflown = draft.move(movesOf(draft, reservation, costs))
  if (overflown !== undefined) return { is: 'too large', account: overflown }
  for (const account of reservation.accounts) draft.hold(account, -reservation.amount)
  draft.keep({ ...reservation, state: 'settled', resolvedAtMs: draft.context.atMs })
  return { is: 'settled', charged, excess, repeated: false }
}

function movesOf(draft: Draft, reservation: Reservation, costs: readonly Cost[]): Move[] {
  const { id, accounts, charged, excess, source, price } = reservation
  const { system } = draft
  const about = { operation: `settle/${id}`, reservation: id, actor: '', reason: source, price }
  const paid = accounts.map((debit) =>
    draft.account(debit)?.kind === 'user'
      ? { kind: 'charge' as const, debit, credit: system.revenue, amount: charged }
      : { kind: 'budget' as const, debit, credit: system.spent, amount: charged },
  )
  const borne = { kind: 'excess' as const, debit: system.writtenOff, credit: system.revenue, amount: excess }
  const owed = costs.map(({ vendor, amount }) => ({
    kind: 'cost' as const,
    debit: system.cost,
    credit: system.vendor(vendor),
    amount,
  }))
  return [...paid, borne, ...owed]
    .filter(({ amount }) => amount > 0n)
    .map((transfer, leg) => ({ ...about, ...transfer, leg }))
}

const tombstone = (draft: Draft, id: string, reason: string): Reservation => ({
  id,
  state: 'voided',
  accounts: [],
  asked: zero,
  amount: zero,
  checkpoint: zero,
  charged: zero,
  excess: zero,
  source: reason,
  price: '',
  memo: '',
  node: draft.context.node,
  epoch: draft.context.epoch,
  ticket: 0,
  reservedAtMs: draft.context.atMs,
  resolvedAtMs: draft.context.atMs,
  batch: draft.context.batch,
})
