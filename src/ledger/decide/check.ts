import { isAmount, isBalance } from '../../model/money.ts'
import type { Command, CommandOf, Cost, Hold, Verb } from '../command.ts'
import { isShare } from '../lease/share.ts'
import { isSystemAccount } from '../system-accounts.ts'

type Check<C> = (command: C) => string | undefined

/** What is wrong with a command itself, if anything: numbers come from vendors and from people. */
export function wrongIn(command: Command): string | undefined {
  // The table is keyed by the verb, so the function under a command's verb takes that command.
  const check = checks[command.do] as Check<Command>
  return check(command)
}

const checks: { readonly [V in Verb]: Check<CommandOf<V>> } = {
  open: (command) => ownAccount(command.account) ?? floor(command.floor),
  credit: (command) => id(command.id) ?? ownAccount(command.account) ?? positive(command.amount),
  adjust: (command) =>
    id(command.id) ??
    (command.accounts.length > 0
      ? (several(command.accounts) ?? nonZero(command.amount))
      : lateCosts(command.costs ?? [], command.amount)) ??
    allCosts(command.costs ?? []),
  reserve: (command) => id(command.id) ?? holds(command.holds) ?? amount(command.amount),
  extend: (command) => id(command.id) ?? amount(command.amount),
  checkpoint: (command) => id(command.id) ?? amount(command.used),
  settle: (command) =>
    id(command.id) ??
    amount(command.charge) ??
    (command.source === '' || command.source === 'sweep' ? 'source' : undefined) ??
    allCosts(command.costs),
  void: (command) => id(command.id) ?? (command.reason === '' || command.reason === 'sweep' ? 'reason' : undefined),
  sweep: (command) => id(command.id),
  return: (command) => (isShare(command.share) ? undefined : `${command.share} is not a share`),
}

const longestId = 256
const mostAccounts = 16
const mostCosts = 64

// PostgreSQL keeps no zero bytes.
const id = (value: string): string | undefined =>
  value.length > 0 && value.length <= longestId && !value.includes('\0')
    ? undefined
    : `the id ${value.slice(0, longestId)}`

const ownAccount = (value: string): string | undefined =>
  id(value) ?? (isSystemAccount(value) || isShare(value) ? `${value} is not a customer's` : undefined)

const several = (accounts: readonly string[]): string | undefined =>
  accounts.length === 0 || accounts.length > mostAccounts || new Set(accounts).size < accounts.length
    ? 'accounts: 1 to 16, none twice'
    : first(accounts, ownAccount)

const holds = (all: readonly Hold[]): string | undefined =>
  several(all.map(({ account }) => account)) ?? first(all, (hold) => ('limit' in hold ? amount(hold.limit) : undefined))

const amount = (value: bigint): string | undefined => (isAmount(value) ? undefined : `an amount of ${value}`)
const positive = (value: bigint): string | undefined => (value > 0n ? amount(value) : `an amount of ${value}`)
const nonZero = (value: bigint): string | undefined =>
  value !== 0n && isBalance(value) ? undefined : `an amount of ${value}`
const allCosts = (costs: readonly Cost[]): string | undefined =>
  costs.length > mostCosts ? `${costs.length} costs` : first(costs, (cost) => id(cost.vendor) ?? amount(cost.amount))
const lateCosts = (costs: readonly Cost[], value: bigint): string | undefined =>
  value === 0n && costs.some((cost) => cost.amount > 0n) ? undefined : 'nothing to adjust'
const floor = (value: bigint): string | undefined =>
  value <= 0n && isBalance(value) ? undefined : `a floor of ${value}`

function first<T>(values: readonly T[], check: Check<T>): string | undefined {
  for (const value of values) {
    const wrong = check(value)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
