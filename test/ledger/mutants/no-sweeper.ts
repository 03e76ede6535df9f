import { goodLedger, type Variant } from '../simulator/simulate.ts'

/** What a dead process held is held for ever. */
export const noSweeper: Variant = { ...goodLedger, name: 'no sweeper', sweeps: false }
