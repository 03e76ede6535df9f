import { nano } from '../../model/money.ts'
import type { Answers } from '../answer.ts'
import type { CommandOf } from '../command.ts'
import type { Transfer } from '../state.ts'
import { isSystemAccount } from '../system-accounts.ts'
import type { Draft, Move } from './draft.ts'
import { gathered, unite } from './lease.ts'

export function open(draft: Draft, { account, floor }: CommandOf<'open'>): Answers['open'] {
  const existing = draft.account(account)
  if (!existing) draft.open(account, 'user', floor)
  else if (existing.kind !== 'user') return { is: 'conflict' }
  else if (existing.floor !== floor) {
    // A floor that was raised counts for what lies on shares too.
    if (existing.floor < floor) unite(draft, account)
    draft.setFloor(account, floor)
  }
  return { is: 'opened' }
}

export function credit(draft: Draft, command: CommandOf<'credit'>): Answers['credit'] {
  const { account, amount, reason, actor } = command
  const move: Move = {
    operation: operationOf(command),
    leg: 0,
    kind: 'credit',
    debit: draft.system.topUp,
    credit: account,
    amount,
    reservation: '',
    actor,
    reason,
    price: '',
  }
  const before = repeated(draft, [move])
  if (before) return before
  return draft.account(account)?.kind === 'user' ? moved(draft, [move]) : { is: 'no account', account }
}

export function adjust(draft: Draft, command: CommandOf<'adjust'>): Answers['adjust'] {
  const moves = [
    ...command.accounts.map((account, leg) => adjustment(draft, command, account, leg)),
    ...lateCosts(draft, command),
  ]
  const before = repeated(draft, moves)
  if (before) return before
  for (const id of command.accounts) {
    const account = draft.account(id)
    if (!account) return { is: 'no account', account: id }
    const available = command.amount < 0n ? gathered(draft, account, -command.amount) : 0n
    if (command.amount < 0n && available + command.amount < 0n)
      return { is: 'insufficient', account: id, available: nano(available > 0n ? available : 0n) }
  }
  return moved(draft, moves)
}

function adjustment(draft: Draft, command: CommandOf<'adjust'>, account: string, leg: number): Move {
  const { amount, reservation = '', reason, actor } = command
  const other = draft.account(account)?.kind === 'budget' ? draft.system.spent : draft.system.adjustment
  return {
    operation: operationOf(command),
    leg,
    kind: 'adjust',
    ...(amount > 0n ? { debit: other, credit: account } : { debit: account, credit: other }),
    amount: nano(amount > 0n ? amount : -amount),
    reservation,
    actor,
    reason,
    price: '',
  }
}

function lateCosts(draft: Draft, command: CommandOf<'adjust'>): Move[] {
  const { accounts, costs = [], reservation = '', reason, actor } = command
  return costs
    .filter(({ amount }) => amount > 0n)
    .map(({ vendor, amount }, at) => ({
      operation: operationOf(command),
      leg: accounts.length + at,
      kind: 'cost',
      debit: draft.system.cost,
      credit: draft.system.vendor(vendor),
      amount,
      reservation,
      actor,
      reason,
      price: '',
    }))
}

/** Under which a command's transfers are found when it is asked again. */
export const operationOf = (command: CommandOf<'credit' | 'adjust'>): string => `${command.do}/${command.id}`

/** What the same command was answered before; a conflict when its id was used for another. */
function repeated(
  draft: Draft,
  moves: readonly Move[],
): { is: 'done'; repeated: true } | { is: 'conflict' } | undefined {
  const before = draft.operation(moves[0]?.operation ?? '')
  if (!before) return undefined
  const isSame = before.length === moves.length && before.every((transfer, at) => isSameMove(transfer, moves[at]))
  return isSame ? { is: 'done', repeated: true } : { is: 'conflict' }
}

const isSameMove = (transfer: Transfer, move: Move | undefined): boolean =>
  move !== undefined &&
  transfer.kind === move.kind &&
  transfer.amount === move.amount &&
  transfer.reservation === move.reservation &&
  ownSide(transfer) === ownSide(move)

// The system's side may differ: another node may have written it.
const ownSide = ({ kind, debit, credit }: Move): string => {
  if (kind === 'cost') return kind
  return isSystemAccount(debit) ? `to ${credit}` : `from ${debit}`
}

function moved(
  draft: Draft,
  moves: readonly Move[],
): { is: 'done'; repeated: false } | { is: 'too large'; account: string } {
  const account = draft.move(moves)
  return account === undefined ? { is: 'done', repeated: false } : { is: 'too large', account }
}
