import { z } from 'zod'
import type { Account as Money } from '../ledger/state.ts'
import type { Account } from '../model/account.ts'
import { fault } from '../model/fault.ts'
import { zero } from '../model/money.ts'
import { userAccount } from '../relay/holds.ts'
import type { Admin } from './admin.ts'
import { moment, moneyFields, moneyFieldsOrNull, tellMoment, tellMoney, tellMoneyOrNull } from './api/amount.ts'
import { tellLimits, toldLimits } from './scope.ts'

export const toldAccount = z.object({
  id: z.string(),
  name: z.string(),
  group: z.string(),
  is_enabled: z.boolean(),
  ...moneyFieldsOrNull('credit_limit'),
  limits: toldLimits,
  ...moneyFields('balance'),
  ...moneyFields('held'),
  source: z.string(),
  created_at: moment,
})

/** What is said of an account, without its money. */
export const tellSaid = (account: Account) => ({
  id: account.id,
  name: account.name,
  group: account.group,
  is_enabled: account.isEnabled,
  ...tellMoneyOrNull('credit_limit', account.creditLimit),
  limits: tellLimits(account.limits),
  source: account.source,
  created_at: tellMoment(account.createdAtMs),
})

/** What an account has, and what of it is set aside. */
type Has = Pick<Money, 'balance' | 'held'>

/** Of accounts that the ledger does not know yet. */
export const nothingYet: Has = { balance: zero, held: zero }

export const moneyOf = async ({ books }: Pick<Admin, 'books'>, id: string): Promise<Has> =>
  (await books.account(userAccount(id))) ?? nothingYet

export const tellWith = (account: Account, { balance, held }: Has) => ({
  ...tellSaid(account),
  ...tellMoney('balance', balance),
  ...tellMoney('held', held),
})

/** An account with its money. */
export const tellAccount = async (admin: Pick<Admin, 'books'>, account: Account) =>
  tellWith(account, await moneyOf(admin, account.id))

/** Asking again is safe. */
export const ledgerAway = fault('overloaded', 'The ledger does not answer; what else was asked is done. Try again.', {
  retryAfterMs: 1_000,
})
