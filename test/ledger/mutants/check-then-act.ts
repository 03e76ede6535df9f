import { decide } from '../../../src/ledger/decide/decide.ts'
import { goodLedger, type Variant } from '../simulator/simulate.ts'

/** Reads a balance, thinks, and writes a balance: whoever wrote in between never did. */
export const checkThenAct: Variant = {
  ...goodLedger,
  name: 'check then act',
  ways: { judge: decide, isStillTrue: () => true },
}
