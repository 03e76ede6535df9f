import { isBalance, type Nano, nano, zero } from '../../model/money.ts'
import type { Account, AccountKind, Changes, Context, Reservation, State, Transfer } from '../state.ts'
import { isSystemAccount, type SystemAccounts, systemAccounts } from '../system-accounts.ts'

/** What a transfer says of itself; the draft adds the time. */
export type Move = Omit<Transfer, 'atMs'>

/** A state that is being changed: commands of a batch see what those before them did. */
export interface Draft {
  readonly context: Context
  readonly system: SystemAccounts
  account(id: string): Account | undefined
  reservation(id: string): Reservation | undefined
  operation(id: string): readonly Transfer[] | undefined
  open(id: string, kind: AccountKind, floor: Nano): Account
  setFloor(id: string, floor: Nano): void
  /** The account is there, with this floor. */
  place(account: Pick<Account, 'id' | 'kind' | 'floor'>): void
  /** @throws Error when the account is not there: whoever holds has looked. */
  hold(id: string, amount: bigint): void
  keep(reservation: Reservation): void
  /** All or none; the account whose balance would leave the range of money, if there is one. */
  move(moves: readonly Move[]): string | undefined
  changes(): Changes
  /** Whether every share of the account is here, so far as there are any. */
  isWhole(owner: string): boolean
  /** It should have been: nothing of this draft will be written. */
  want(owner: string): void
  wanting(): readonly string[]
}

export function draftOf(state: State, context: Context): Draft {
  const accounts = new Map<string, Account>()
  const reservations = new Map<string, Reservation>()
  const operations = new Map<string, Transfer[]>()
  const transfers: Transfer[] = []
  const wanted = new Set<string>()

  const account = (id: string): Account | undefined => accounts.get(id) ?? state.accounts.get(id)
  const put = (changed: Account): Account => {
    const version = (state.accounts.get(changed.id)?.version ?? 0) + 1
    // Batches of several processes may be written in another order than they were numbered.
    accounts.set(changed.id, { ...changed, version, batch: Math.max(changed.batch, context.batch) })
    return changed
  }
  const known = (id: string): Account => {
    const found = account(id) ?? (isSystemAccount(id) ? empty(id, 'system', zero) : undefined)
    if (!found) throw new Error(`the account ${id} is not there`)
    return found
  }

  return {
    context,
    system: systemAccounts(context.node),
    account,
    reservation: (id) => reservations.get(id) ?? state.reservations.get(id),
    operation: (id) => operations.get(id) ?? state.operations.get(id),
    open: (id, kind, floor) => put(empty(id, kind, floor)),
    setFloor: (id, floor) => void put({ ...known(id), floor }),
    place: ({ id, kind, floor }) => {
      const before = account(id)
      if (!before) put(empty(id, kind, floor))
      else if (before.floor !== floor) put({ ...before, floor })
    },
    hold: (id, amount) => {
      const held = known(id)
      put({ ...held, held: nano(held.held + amount) })
    },
    keep: (reservation) => void reservations.set(reservation.id, { ...reservation, batch: context.batch }),
    move(moves) {
      const balances = new Map<string, bigint>()
      for (const { debit, credit, amount } of moves) {
        balances.set(debit, (balances.get(debit) ?? known(debit).balance) - amount)
        balances.set(credit, (balances.get(credit) ?? known(credit).balance) + amount)
      }
      for (const [id, balance] of balances) if (!isBalance(balance)) return id
      for (const [id, balance] of balances) put({ ...known(id), balance: nano(balance) })
      for (const move of moves) {
        const transfer = { ...move, atMs: context.atMs }
        transfers.push(transfer)
        operations.set(move.operation, [...(operations.get(move.operation) ?? []), transfer])
      }
      return undefined
    },
    changes: () => ({
      ...splitAccounts(state, accounts),
      ...splitReservations(state, reservations),
      transfers,
    }),
    isWhole: (owner) => context.leasing === undefined || (state.whole?.has(owner) ?? false),
    want: (owner) => void wanted.add(owner),
    wanting: () => [...wanted],
  }
}

const empty = (id: string, kind: AccountKind, floor: Nano): Account => ({
  id,
  kind,
  balance: zero,
  held: zero,
  floor,
  version: 0,
  batch: 0,
})

function splitAccounts(state: State, drafted: ReadonlyMap<string, Account>): Pick<Changes, 'opened' | 'changed'> {
  const opened: Account[] = []
  const changed: { account: Account; from: number }[] = []
  for (const account of drafted.values()) {
    const before = state.accounts.get(account.id)
    if (before) changed.push({ account, from: before.version })
    else opened.push(account)
  }
  return { opened, changed }
}

function splitReservations(
  state: State,
  drafted: ReadonlyMap<string, Reservation>,
): Pick<Changes, 'reserved' | 'advanced'> {
  const reserved: Reservation[] = []
  const advanced: { reservation: Reservation; from: number }[] = []
  for (const reservation of drafted.values()) {
    const before = state.reservations.get(reservation.id)
    if (before) advanced.push({ reservation, from: before.batch })
    else reserved.push(reservation)
  }
  return { reserved, advanced }
}
