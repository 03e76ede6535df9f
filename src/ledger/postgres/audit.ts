import { differencesOf, othersOf, type Proved } from '../audit.ts'
import { auditTexts, type Pass, sliceOf, sliceSize, touchedValues } from '../audit-texts.ts'
import { readAccount, readReservation } from '../rows.ts'
import type { Audited } from '../store.ts'
import type { Connection } from './connection.ts'

/** Proves the next few thousand transfers as one moment saw them: in a transaction of repeatable reads. */
export async function auditSlice(connection: Connection, pass: Pass): Promise<Audited> {
  const ask = async (text: string, values: readonly unknown[] = []) =>
    (await connection.ask(numbered(text), values)).rows
  const [mark] = await ask(`${auditTexts.mark} FOR UPDATE SKIP LOCKED`)
  // Somebody else is at it.
  if (!mark) return { ok: false }
  // Every batch below this number has ended, one way or the other, and this moment sees it.
  const [snapshot] = await ask('SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon')
  const horizon = Number(snapshot?.horizon)
  // A mark from the future: the database was restored into another cluster, whose numbers are lower.
  const isAnew = pass === 'anew' || Number(mark.batch) > horizon
  if (isAnew) await ask(auditTexts.forget)
  const begin = isAnew ? 0 : Number(mark.batch)
  const [cut] = await ask(auditTexts.cut, [begin, sliceSize])
  const slice = sliceOf({ begin, cut: cut && Number(cut.batch), horizon })
  await ask(auditTexts.prove, [begin, slice.end, begin, slice.end])
  await ask(auditTexts.move, [slice.end])
  const values = touchedValues(slice)
  const rows = [
    ...(await ask(auditTexts.touched, values)),
    ...(pass === 'last'
      ? [...(await ask(auditTexts.suspects, values.slice(0, 4))), ...(await ask(auditTexts.strays))]
      : []),
  ]
  // Columns of `auditTexts`, all whole numbers read as bigint.
  const accounts = rows as unknown as readonly Proved[]
  const open = (await ask("SELECT * FROM ledger_reservations WHERE state = 'open'")).map(readReservation)
  const others = await ask('SELECT * FROM ledger_accounts WHERE id = ANY(?::text[])', [othersOf(accounts, open)])
  const differences = differencesOf(accounts, open, others.map(readAccount))
  return { ok: true, differences, isCaughtUp: slice.isCaughtUp }
}

/** `?` as PostgreSQL says it. */
function numbered(text: string): string {
  let last = 0
  return text.replaceAll('?', () => `$${++last}`)
}
