import { larger, type Nano, nano, opposite, zero } from '../../model/money.ts'
import type { Answers, Insufficient } from '../answer.ts'
import type { CommandOf, Hold } from '../command.ts'
import { ownerOf } from '../lease/share.ts'
import type { Account, Context, Reservation } from '../state.ts'
import type { Draft } from './draft.ts'
import { filledShare, gathered, isLeased, shareFor, unite } from './lease.ts'
import { resolvedAs } from './resolved.ts'

export function reserve(draft: Draft, command: CommandOf<'reserve'>): Answers['reserve'] {
  const existing = draft.reservation(command.id)
  if (existing) return again(existing, command, draft.context)
  const accounts: Account[] = []
  for (const hold of command.holds) {
    const account = bearerOf(draft, hold, command.amount)
    if (!account) return { is: 'no account', account: hold.account }
    const available = gathered(draft, account, command.amount)
    if (available < command.amount) return insufficient(account, available)
    accounts.push(account)
  }
  if (accounts.filter(({ kind }) => kind === 'user').length > 1)
    return { is: 'invalid', what: 'two customers to charge' }
  for (const account of accounts) {
    draft.place(account)
    draft.hold(account.id, command.amount)
  }
  draft.keep(reservationOf(command, accounts, draft.context))
  return { is: 'reserved', amount: command.amount, repeated: false }
}

/** The same id once more: our own second try, somebody else's request, or something that is over. */
function again(existing: Reservation, command: CommandOf<'reserve'>, context: Context): Answers['reserve'] {
  const isTombstone = existing.accounts.length === 0
  const isSame =
    existing.asked === command.amount &&
    existing.accounts.length === command.holds.length &&
    existing.accounts.every((account, at) => ownerOf(account) === command.holds[at]?.account)
  if (!isSame && !isTombstone) return { is: 'conflict' }
  const resolved = resolvedAs(existing)
  if (resolved) return resolved
  const isOwnRetry =
    existing.ticket === command.ticket && existing.node === context.node && existing.epoch === context.epoch
  return { is: 'reserved', amount: existing.amount, repeated: !isOwnRetry }
}

/** Where the money is set aside: on this node's share of a hot account, else on the account itself. */
function bearerOf(draft: Draft, hold: Hold, amount: Nano): Account | undefined {
  if (isLeased(draft, hold.account)) return shareFor(draft, hold, amount)
  const owner = heldOn(draft, hold)
  return owner && (filledShare(draft, owner, amount) ?? owner)
}

/** The account as this hold sees it. A budget that is not there yet is an empty one. */
function heldOn(draft: Draft, hold: Hold): Account | undefined {
  const found = draft.account(hold.account)
  if (!('limit' in hold)) return found
  const floor = opposite(hold.limit)
  if (!found) return { id: hold.account, kind: 'budget', balance: zero, held: zero, floor, version: 0, batch: 0 }
  if (found.kind !== 'budget') return undefined
  // A limit that was lowered counts for what lies on shares too.
  if (found.floor < floor) unite(draft, found.id)
  return { ...(draft.account(found.id) ?? found), floor }
}

const reservationOf = (command: CommandOf<'reserve'>, accounts: readonly Account[], context: Context): Reservation => ({
  id: command.id,
  state: 'open',
  accounts: accounts.map(({ id }) => id),
  asked: command.amount,
  amount: command.amount,
  checkpoint: zero,
  charged: zero,
  excess: zero,
  source: '',
  price: command.price ?? '',
  memo: command.memo ?? '',
  node: context.node,
  epoch: context.epoch,
  ticket: command.ticket,
  reservedAtMs: context.atMs,
  resolvedAtMs: 0,
  batch: context.batch,
})

export function extend(draft: Draft, { id, amount }: CommandOf<'extend'>): Answers['extend'] {
  const reservation = draft.reservation(id)
  if (!reservation) return { is: 'unknown' }
  const resolved = resolvedAs(reservation)
  if (resolved) return resolved
  const more = amount - reservation.amount
  if (more <= 0n) return { is: 'extended', amount: reservation.amount }
  for (const account of reservation.accounts.map((held) => draft.account(held))) {
    const available = account ? gathered(draft, account, more) : more
    if (account && available < more) return insufficient(account, available)
  }
  for (const account of reservation.accounts) draft.hold(account, more)
  draft.keep({ ...reservation, amount })
  return { is: 'extended', amount }
}

export function checkpoint(draft: Draft, { id, used }: CommandOf<'checkpoint'>): Answers['checkpoint'] {
  const reservation = draft.reservation(id)
  if (!reservation) return { is: 'unknown' }
  const resolved = resolvedAs(reservation)
  if (resolved) return resolved
  // Checkpoints may overtake one another; what was used never becomes less.
  const furthest = larger(reservation.checkpoint, used)
  if (furthest > reservation.checkpoint) draft.keep({ ...reservation, checkpoint: furthest })
  return { is: 'checkpointed', used: furthest }
}

/** What is told of it: never less than nothing, even under a limit that was lowered. */
const insufficient = ({ id }: Account, available: bigint): Insufficient => ({
  is: 'insufficient',
  account: ownerOf(id),
  available: available > 0n ? nano(available) : zero,
})
