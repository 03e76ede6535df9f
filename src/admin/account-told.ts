import { z } from 'zod'
import type { Account as Money } from '../ledger/state.ts'
import type { Account } from '../model/account.ts'
import { fault } from '../model/fault.ts'
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

/** An account with its money; one that the ledger does not know yet has none. */
export async function tellAccount({ books }: Pick<Admin, 'books'>, account: Account) {
  const money: Pick<Money, 'balance' | 'held'> | undefined = await books.account(userAccount(account.id))
  return {
    ...tellSaid(account),
    ...tellMoney('balance', money?.balance ?? 0n),
    ...tellMoney('held', money?.held ?? 0n),
  }
}

/** Asking again is safe. */
export const ledgerAway = fault('overloaded', 'The ledger does not answer; what else was asked is done. Try again.', {
  retryAfterMs: 1_000,
})
