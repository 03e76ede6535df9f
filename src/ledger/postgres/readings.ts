import { nano } from '../../model/money.ts'
import { ownerOf, sharesOf } from '../lease/share.ts'
import { chargedText, type Lives, newestText } from '../lives.ts'
import { readAccount, readCharged, readEntry, readReservation, readTransfer } from '../rows.ts'
import type { Account, Reservation, Transfer } from '../state.ts'
import type { LedgerStore } from '../store.ts'
import type { Connection } from './connection.ts'

type Readings = Pick<LedgerStore, 'account' | 'reservation' | 'operation' | 'transfersOf' | 'statement'> &
  Pick<Lives, 'newest' | 'charged'>

/** What is read of the book by whoever only reads: an account and its shares are told as one. */
export const readings = (connection: Connection): Readings => ({
  async account(id) {
    const { rows } = await connection.ask('SELECT * FROM ledger_accounts WHERE id = ANY($1::text[])', [together(id)])
    return asOne(id, rows.map(readAccount))
  },
  async reservation(id) {
    const { rows } = await connection.ask('SELECT * FROM ledger_reservations WHERE id = $1', [id])
    return rows.map(readReservation).map(ofOwners)[0]
  },
  async operation(id) {
    const { rows } = await connection.ask('SELECT * FROM ledger_transfers WHERE operation = $1 ORDER BY leg', [id])
    return rows.map(readTransfer).map(betweenOwners)
  },
  async transfersOf(reservation) {
    const { rows } = await connection.ask(texts.transfersOf, [`settle/${reservation}`, reservation])
    return rows.map(readTransfer).map(betweenOwners)
  },
  async statement({ account, limit, before }) {
    const { rows } = await connection.ask(texts.statement, [
      together(account),
      before?.batch ?? Number.MAX_SAFE_INTEGER,
      before?.n ?? 0,
      limit,
    ])
    return rows.map(readEntry).map((entry) => ({ ...entry, transfer: betweenOwners(entry.transfer) }))
  },
  async newest() {
    const { rows } = await connection.ask(newestText)
    return Number(rows[0]?.batch ?? 0)
  },
  async charged({ after, node, epoch, limit }) {
    const { rows } = await connection.ask(texts.charged, [after.batch, after.n, node, epoch, limit])
    return rows.map(readCharged).map((row) => ({ ...row, reservation: ofOwners(row.reservation) }))
  },
})

const together = (id: string): readonly string[] => [id, ...sharesOf(id)]

function asOne(id: string, rows: readonly Account[]): Account | undefined {
  const owner = rows.find((row) => row.id === id)
  const total = (figure: (row: Account) => bigint) => nano(rows.reduce((sum, row) => sum + figure(row), 0n))
  return owner && { ...owner, balance: total(({ balance }) => balance), held: total(({ held }) => held) }
}

const ofOwners = (row: Reservation): Reservation => ({ ...row, accounts: row.accounts.map(ownerOf) })

const betweenOwners = (row: Transfer): Transfer => ({ ...row, debit: ownerOf(row.debit), credit: ownerOf(row.credit) })

const texts = {
  charged: chargedText(['$1', '$2', '$3', '$4', '$5']),
  /** Both sides, and each share, by an index, none longer than the answer. */
  statement: `SELECT entry.* FROM unnest($1::text[]) AS part (id) CROSS JOIN LATERAL (
      (SELECT * FROM ledger_transfers WHERE debit = part.id AND kind IN ('charge', 'adjust')
        AND (batch, n) < ($2, $3) ORDER BY batch DESC, n DESC LIMIT $4)
      UNION ALL
      (SELECT * FROM ledger_transfers WHERE credit = part.id AND kind IN ('credit', 'adjust')
        AND (batch, n) < ($2, $3) ORDER BY batch DESC, n DESC LIMIT $4)
    ) AS entry ORDER BY batch DESC, n DESC LIMIT $4`,
  transfersOf: `SELECT * FROM ledger_transfers
    WHERE operation = $1 OR (reservation = $2 AND actor <> '' AND reservation <> '') ORDER BY batch, n`,
} as const
