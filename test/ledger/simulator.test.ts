import { describe, expect, it } from 'vitest'
import { checkThenAct } from './mutants/check-then-act.ts'
import { deltasInMemory } from './mutants/deltas-in-memory.ts'
import { leaseExpires } from './mutants/lease-expires.ts'
import { noSweeper } from './mutants/no-sweeper.ts'
import { settleAgain } from './mutants/settle-again.ts'
import { goodLedger, simulate } from './simulator/simulate.ts'

/** More with `node test/ledger/simulate.ts --seeds N --from S`. */
const seeds = 2_000
const parts = 4

describe('the ledger keeps its laws through crashes, sleeps, lost connections and late commits', () => {
  const counts = new Map<string, number>()
  it.each(Array.from({ length: parts }, (_, part) => part))(
    'in histories of part %i',
    async (part) => {
      for (let seed = 1 + part; seed <= seeds; seed += parts) {
        const { violation, journal } = await simulate(seed, goodLedger)
        expect(violation?.message, `seed ${seed}`).toBeUndefined()
        for (const [what, times] of journal.counts) counts.set(what, (counts.get(what) ?? 0) + times)
      }
    },
    120_000,
  )

  it.each([
    'reserved',
    'insufficient',
    'extended',
    'checkpointed',
    'settled',
    'voided',
    'unavailable',
    'kept',
    'already settled',
    'already voided',
    'credit: done',
    'lease',
    'return from a share',
    'charge from a share',
    'budget from a share',
  ])('saw "%s" often enough to mean something', (what) => {
    expect(counts.get(what)).toBeGreaterThan(50)
  })

  it('lives the same history again from the same seed', async () => {
    const [one, other] = [await simulate(7, goodLedger), await simulate(7, goodLedger)]
    expect(one.journal).toEqual(other.journal)
  })
})

describe('known-bad ledgers are caught', () => {
  it.each([
    { variant: checkThenAct, laws: ['I1', 'I2', 'I3', 'I4'] },
    { variant: deltasInMemory, laws: ['I5'] },
    { variant: settleAgain, laws: ['I1', 'I2', 'I4', 'bug'] },
    { variant: noSweeper, laws: ['I2', 'I7'] },
    { variant: leaseExpires, laws: ['I2', 'I3'] },
  ])('$variant.name', async ({ variant, laws }) => {
    const found = new Set<string>()
    let caught = 0
    for (let seed = 1; seed <= 40; seed++) {
      const { violation } = await simulate(seed, variant)
      if (violation) caught++
      if (violation) found.add(violation.law)
    }
    expect(caught).toBeGreaterThan(10)
    expect(laws).toEqual(expect.arrayContaining([...found]))
  })
})
