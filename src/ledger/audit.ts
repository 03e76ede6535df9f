import type { Reservation } from './state.ts'

/** A figure of an account that is not what its history says: never to be seen. */
export interface Difference {
  readonly account: string
  /** `balance`: not the sum of its transfers. `held`: not the sum of open reservations. */
  readonly figure: 'balance' | 'held'
  readonly is: bigint
  readonly shouldBe: bigint
}

/** An account beside the sum of its transfers. */
export interface Proved {
  readonly id: string
  readonly balance: bigint
  readonly held: bigint
  readonly proved: bigint
}

type Hold = Pick<Reservation, 'accounts' | 'amount'>

/**
 * Compares accounts with their histories. `open` is every open reservation of the same moment, `others` are
 * their accounts that are not among `accounts`.
 */
export function differencesOf(
  accounts: readonly Proved[],
  open: readonly Hold[],
  others: readonly Pick<Proved, 'id' | 'held'>[],
): Difference[] {
  const shouldBeHeld = heldBy(open)
  const ofBalances = accounts
    .filter(({ balance, proved }) => balance !== proved)
    .map(({ id, balance, proved }) => ({ account: id, figure: 'balance', is: balance, shouldBe: proved }) as const)
  const ofHolds = [...accounts, ...others]
    .filter(({ id, held }) => held !== (shouldBeHeld.get(id) ?? 0n))
    .map(({ id, held }) => ({ account: id, figure: 'held', is: held, shouldBe: shouldBeHeld.get(id) ?? 0n }) as const)
  return [...ofBalances, ...ofHolds]
}

/** Accounts of open reservations that are not among these: their holds are to be looked at too. */
export function othersOf(accounts: readonly Proved[], open: readonly Hold[]): string[] {
  const others = new Set(heldBy(open).keys())
  for (const { id } of accounts) others.delete(id)
  return [...others]
}

function heldBy(open: readonly Hold[]): Map<string, bigint> {
  const held = new Map<string, bigint>()
  for (const { accounts, amount } of open) for (const id of accounts) held.set(id, (held.get(id) ?? 0n) + amount)
  return held
}
