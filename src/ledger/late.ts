import { difference, smaller, zero } from '../model/money.ts'
import type { Answer } from './answer.ts'
import type { Adjust, Command } from './command.ts'

/**
 * What follows from an answer: a process that was taken for dead was only asleep, and its settle comes after the
 * sweeper's. What was written stays; what is missing is written beside it. Customers pay at most what they reserved.
 */
export function followUps(command: Command, answer: Answer): Adjust[] {
  if (command.do !== 'settle') return []
  if (answer.is !== 'already settled' && answer.is !== 'already voided') return []
  if (answer.source !== 'sweep') return []
  const about = {
    do: 'adjust',
    reservation: command.id,
    reason: 'settled after it was swept',
    actor: 'ledger',
  } as const
  const charged = answer.is === 'already settled' ? answer.charged : zero
  const missing = difference(charged, smaller(command.charge, answer.reserved))
  return [
    ...(missing !== zero ? [{ ...about, id: `${command.id}/late`, accounts: answer.accounts, amount: missing }] : []),
    ...(command.costs.some(({ amount }) => amount > 0n)
      ? [{ ...about, id: `${command.id}/late-costs`, accounts: [], amount: zero, costs: command.costs }]
      : []),
  ]
}
