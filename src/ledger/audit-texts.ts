/** How many transfers are proved at once: a few milliseconds. */
export const sliceSize = 5_000

const range = 'batch >= ? AND batch < ?'

const entries = `SELECT debit AS account, -amount AS amount FROM ledger_transfers WHERE ${range}
  UNION ALL SELECT credit, amount FROM ledger_transfers WHERE ${range}`

/** An account beside its proof, and what came after that. */
const compared = `SELECT a.id, a.balance, a.held, coalesce(p.balance, 0) + coalesce(t.amount, 0) AS proved`
const histories = `LEFT JOIN ledger_proofs p ON p.account = a.id LEFT JOIN tail t ON t.account = a.id`
const tail = `tail AS (SELECT account, CAST(sum(amount) AS bigint) AS amount FROM (${entries}) AS entries GROUP BY account)`

/**
 * The statements of the auditor, in words that both engines understand; `?` stands for a value, in their order.
 * Proved is what lies before the mark. A slice goes from there up to, and without, `end`. What one looks at may go further,
 * up to `reach`: batches that this moment sees although others before them are still being written.
 */
export const auditTexts = {
  mark: 'SELECT batch FROM ledger_mark WHERE id = 1',
  /** Where a slice of this many transfers ends; nothing when fewer are left. Values: mark, size. */
  cut: 'SELECT batch FROM ledger_transfers WHERE batch >= ? ORDER BY batch, n LIMIT 1 OFFSET ?',
  /** Values: mark, end, mark, end. */
  prove: `INSERT INTO ledger_proofs (account, balance)
    SELECT account, CAST(sum(amount) AS bigint) FROM (${entries}) AS entries WHERE true GROUP BY account
    ON CONFLICT (account) DO UPDATE SET balance = ledger_proofs.balance + excluded.balance`,
  move: 'UPDATE ledger_mark SET batch = ? WHERE id = 1',
  forget: 'DELETE FROM ledger_proofs',
  /** Accounts with transfers since the mark, and none beyond. Values: end, reach, end, reach, mark, reach, mark, reach, reach. */
  touched: `WITH ${tail}, touched AS (
      SELECT debit AS id FROM ledger_transfers WHERE ${range} UNION SELECT credit FROM ledger_transfers WHERE ${range})
    ${compared} FROM touched JOIN ledger_accounts a ON a.id = touched.id ${histories} WHERE a.batch < ?`,
  /** Those that no transfer leads to. Values: end, reach, end, reach. */
  suspects: `WITH ${tail} ${compared} FROM ledger_accounts a ${histories}
    WHERE a.held <> 0 OR (p.account IS NULL AND t.account IS NULL AND a.balance <> 0)`,
  /** Transfers of accounts that are not there. */
  strays: `SELECT p.account AS id, CAST(0 AS bigint) AS balance, CAST(0 AS bigint) AS held, p.balance AS proved
    FROM ledger_proofs p LEFT JOIN ledger_accounts a ON a.id = p.account WHERE a.id IS NULL AND p.balance <> 0`,
} as const

/** What each pass does: a slice more; a slice from the first transfer on; a slice, and then all that no transfer leads to. */
export type Pass = 'next' | 'anew' | 'last'

export interface Slice {
  readonly begin: number
  readonly end: number
  readonly reach: number
  readonly isCaughtUp: boolean
}

const everything = Number.MAX_SAFE_INTEGER

/** Where a slice ends: never beyond what is decided, and never where it began while there is more. */
export function sliceOf({ begin, cut, horizon }: { begin: number; cut: number | undefined; horizon: number }): Slice {
  const further = cut === undefined ? horizon : Math.min(Math.max(cut, begin + 1), horizon)
  const end = begin >= horizon ? begin : further
  const isCaughtUp = end >= horizon
  return { begin, end, reach: isCaughtUp ? everything : end, isCaughtUp }
}

/** The values of `touched`, and the first four of them those of `suspects`. */
export const touchedValues = ({ begin, end, reach }: Slice): number[] => [
  ...[end, reach, end, reach],
  ...[begin, reach, begin, reach, reach],
]
