import { decide } from '../../../src/ledger/decide/decide.ts'
import { nano } from '../../../src/model/money.ts'
import { goodLedger, type Variant } from '../simulator/simulate.ts'

/** A share goes home whole when its time is over, with what its requests are going to be paid from. */
export const leaseExpires: Variant = {
  ...goodLedger,
  name: 'lease that expires under its requests',
  ways: {
    ...goodLedger.ways,
    judge(state, commands, context) {
      const accounts = new Map(state.accounts)
      for (const command of commands) {
        const share = command.do === 'return' ? accounts.get(command.share) : undefined
        if (share) accounts.set(share.id, { ...share, held: nano(0n) })
      }
      return decide({ ...state, accounts }, commands, context)
    },
  },
}
