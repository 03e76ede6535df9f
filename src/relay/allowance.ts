import type { Account } from '../model/account.ts'
import { larger, largestNano, type Nano, nano, opposite, zero } from '../model/money.ts'
import type { KeyRow } from '../model/rows.ts'
import type { Spender } from '../store/spending.ts'
import { budgetAccount, userAccount } from './holds.ts'
import type { Relay } from './relay.ts'

/** What a key may spend and has spent, nano-USD. What is only reserved counts as neither. */
export interface Allowance {
  readonly isUnlimited: boolean
  readonly used: Nano
  /** 0 or more. */
  readonly available: Nano
  /** Whose charges these are. */
  readonly spender: Spender
}

/** The balance of one of the ledger's accounts, 0 where nothing was ever moved. */
export type BalanceOf = (account: string) => Promise<Nano>

/**
 * What counts for a key, the first of these that there is:
 * 1. the tightest of its budgets: the one with the least left, over that budget's own period;
 * 2. the balance of an account that can run out, with what it may owe; used is what all of its keys were charged;
 * 3. nothing: it is unlimited, and used is what the key itself was charged.
 */
export async function allowanceOf(relay: Relay, balanceOf: BalanceOf, key: KeyRow): Promise<Allowance> {
  const budgets = await budgetsOf(key, relay.clock(), balanceOf)
  const [tightest] = budgets.sort((one, other) => (one.available < other.available ? -1 : 1))
  if (tightest) return tightest
  // Sums are of what is written, and the last half second may not be.
  await relay.till.requestLog.flush()
  const account = relay.snapshot().accounts.get(key.account)
  return account?.creditLimit === undefined
    ? unlimited(relay, key)
    : prepaid(relay, account, account.creditLimit, balanceOf)
}

async function budgetsOf({ id, scope }: KeyRow, nowMs: number, balanceOf: BalanceOf): Promise<Allowance[]> {
  const { total, monthly, daily } = scope.budget ?? {}
  const budgets: readonly (readonly [string, bigint | undefined])[] = [
    [budgetAccount.total(id), total],
    [budgetAccount.monthly(id, nowMs), monthly],
    [budgetAccount.daily(id, nowMs), daily],
  ]
  const limited = budgets.flatMap(([account, limit]) => (limit === undefined ? [] : [{ account, limit }]))
  return Promise.all(
    limited.map(async ({ account, limit }) => {
      // A budget falls from 0 to minus its limit.
      const used = larger(zero, opposite(await balanceOf(account)))
      return { isUnlimited: false, used, available: larger(zero, nano(limit - used)), spender: { keyId: id } }
    }),
  )
}

async function prepaid(
  { store }: Relay,
  account: Account,
  creditLimit: bigint,
  balanceOf: BalanceOf,
): Promise<Allowance> {
  const spender = { account: account.id }
  const [balance, used] = await Promise.all([balanceOf(userAccount(account.id)), store.spending.sum(spender)])
  const left = balance + creditLimit
  const available = larger(zero, nano(left < largestNano ? left : largestNano))
  return { isUnlimited: false, used: nano(used), available, spender }
}

async function unlimited({ store }: Relay, { id }: KeyRow): Promise<Allowance> {
  const spender = { keyId: id }
  return { isUnlimited: true, used: nano(await store.spending.sum(spender)), available: zero, spender }
}
