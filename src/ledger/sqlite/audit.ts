import type { DatabaseSync } from 'node:sqlite'
import { transaction } from '../../store/transaction.ts'
import { type Difference, differencesOf, othersOf, type Proved } from '../audit.ts'
import { auditTexts, type Pass, sliceOf, sliceSize, touchedValues } from '../audit-texts.ts'
import type { Row } from '../rows.ts'
import type { Statements } from './statements.ts'

export interface AuditSlice {
  readonly differences: readonly Difference[]
  readonly isCaughtUp: boolean
}

/** Proves the next few thousand transfers, so that nobody waits long for it. `horizon`: the batch that comes next. */
export function auditor(database: DatabaseSync, sql: Statements, horizon: () => number): (pass: Pass) => AuditSlice {
  const all = (text: string, ...values: number[]): Row[] => {
    const statement = database.prepare(text)
    statement.setReadBigInts(true)
    return statement.all(...values)
  }
  return (pass) =>
    transaction(database, () => {
      if (pass === 'anew') all(auditTexts.forget)
      const begin = pass === 'anew' ? 0 : Number(all(auditTexts.mark)[0]?.batch)
      const [cut] = all(auditTexts.cut, begin, sliceSize)
      const slice = sliceOf({ begin, cut: cut && Number(cut.batch), horizon: horizon() })
      const { end, isCaughtUp } = slice
      all(auditTexts.prove, begin, end, begin, end)
      all(auditTexts.move, end)
      const values = touchedValues(slice)
      const rows = [
        ...all(auditTexts.touched, ...values),
        ...(pass === 'last' ? [...all(auditTexts.suspects, ...values.slice(0, 4)), ...all(auditTexts.strays)] : []),
      ].map(readProved)
      const open = sql.openReservations()
      const others = othersOf(rows, open).flatMap((id) => sql.account(id) ?? [])
      return { differences: differencesOf(rows, open, others), isCaughtUp }
    })
}

// Columns of `auditTexts`, all whole numbers read as bigint.
const readProved = (row: Row): Proved => row as unknown as Proved
