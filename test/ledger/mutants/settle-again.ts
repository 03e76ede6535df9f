import { decide } from '../../../src/ledger/decide/decide.ts'
import type { State } from '../../../src/ledger/state.ts'
import { goodLedger, type Variant } from '../simulator/simulate.ts'

/** Settles whatever it is asked to settle, without asking whether it has been. */
export const settleAgain: Variant = {
  ...goodLedger,
  name: 'settle without compare-and-set',
  ways: {
    judge(state, commands, context) {
      const asked = new Set(commands.flatMap((command) => (command.do === 'settle' ? [command.id] : [])))
      return decide(forgetful(state, asked), commands, context)
    },
    isStillTrue: ({ accounts, reservations }, changes) =>
      changes.opened.every(({ id }) => !accounts.has(id)) &&
      changes.changed.every(({ account, from }) => accounts.get(account.id)?.version === from) &&
      changes.reserved.every(({ id }) => !reservations.has(id)),
  },
}

const forgetful = (state: State, asked: ReadonlySet<string>): State => ({
  ...state,
  reservations: new Map(
    [...state.reservations].map(([id, row]) => [id, asked.has(id) ? { ...row, state: 'open' } : row]),
  ),
})
