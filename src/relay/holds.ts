import type { Hold } from '../ledger/command.ts'
import type { Account } from '../model/account.ts'
import { largestNano, type Nano, nano, opposite } from '../model/money.ts'
import type { KeyRow } from '../model/rows.ts'

/** The ledger's account of a customer. */
export const userAccount = (account: string): string => `user:${account}`

/** The customer that an account of the ledger is of; undefined: of none. */
export const customerOf = (account: string): string | undefined => /^user:(.*)$/s.exec(account)?.[1]

/** The key that an account of the ledger is a budget of; undefined: of none. */
export const keyOfBudget = (account: string): string | undefined => /^key:(.*):[^:]*$/s.exec(account)?.[1]

/** How far the balance may fall. Accounts without a credit limit are counted and never refused. */
export const floorOf = ({ creditLimit }: Account): Nano =>
  opposite(creditLimit === undefined ? largestNanoOwed : nano(creditLimit))

const largestNanoOwed = nano(largestNano)

/** Names of a key's budgets: each day and each month, by the calendar of UTC, has one of its own. */
export const budgetAccount = {
  total: (key: string) => `key:${key}:total`,
  daily: (key: string, nowMs: number) => `key:${key}:${dateOf(nowMs)}`,
  monthly: (key: string, nowMs: number) => `key:${key}:${dateOf(nowMs).slice(0, 7)}`,
} as const

const dayMs = 86_400_000
const dateOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)

/** Of keys that were asked with this day: writing the names anew costs more than all else here. */
const ofToday = new WeakMap<KeyRow, { readonly day: number; readonly holds: readonly Hold[] }>()

/** Every account that has a say in what a request may cost. */
export function holdsOf(key: KeyRow, nowMs: number): readonly Hold[] {
  const day = Math.floor(nowMs / dayMs)
  const known = ofToday.get(key)
  if (known?.day === day) return known.holds
  const holds = newHolds(key, nowMs)
  ofToday.set(key, { day, holds })
  return holds
}

function newHolds({ id, account, scope }: KeyRow, nowMs: number): readonly Hold[] {
  const { total, daily, monthly } = scope.budget ?? {}
  return [
    { account: userAccount(account) },
    ...(total === undefined ? [] : [{ account: budgetAccount.total(id), limit: nano(total) }]),
    ...(monthly === undefined ? [] : [{ account: budgetAccount.monthly(id, nowMs), limit: nano(monthly) }]),
    ...(daily === undefined ? [] : [{ account: budgetAccount.daily(id, nowMs), limit: nano(daily) }]),
  ]
}

/** What an account is to those who ran out of it. */
export function nameOfAccount(account: string): string {
  if (account.startsWith('user:')) return 'The balance of this account'
  const period = account.slice(account.lastIndexOf(':') + 1)
  if (period === 'total') return 'The budget of this API key'
  return period.length === 10 ? 'The daily budget of this API key' : 'The monthly budget of this API key'
}
