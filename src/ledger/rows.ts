import { nano } from '../model/money.ts'
import type { Charged } from './lives.ts'
import type { Account, Reservation, Transfer } from './state.ts'
import type { Entry } from './store.ts'

/** A row as engines give it: whole numbers as bigint, all of them. */
export type Row = Readonly<Record<string, unknown>>

export const accountColumns = ['id', 'kind', 'balance', 'held', 'floor', 'version', 'batch'] as const
export const reservationColumns = [
  ...['id', 'state', 'accounts', 'asked', 'amount', 'checkpoint', 'charged', 'excess', 'source', 'price'],
  ...['node', 'epoch', 'ticket', 'reserved_at', 'resolved_at', 'batch', 'memo'],
] as const
export const transferColumns = [
  ...[
    'batch',
    'n',
    'operation',
    'leg',
    'kind',
    'debit',
    'credit',
    'amount',
    'reservation',
    'actor',
    'reason',
    'price',
    'at',
  ],
] as const

export const writeAccount = ({ id, kind, balance, held, floor, version, batch }: Account) => [
  ...[id, kind, balance, held, floor, version, batch],
]

export const writeReservation = (row: Reservation) => [
  ...[row.id, row.state, JSON.stringify(row.accounts), row.asked, row.amount, row.checkpoint, row.charged, row.excess],
  ...[row.source, row.price, row.node, row.epoch, row.ticket, row.reservedAtMs, row.resolvedAtMs, row.batch, row.memo],
]

export const writeTransfer = (row: Transfer, batch: number, n: number) => [
  ...[batch, n, row.operation, row.leg, row.kind, row.debit, row.credit, row.amount],
  ...[row.reservation, row.actor, row.reason, row.price, row.atMs],
]

export const readAccount = (row: Row): Account => ({
  id: text(row.id),
  // Only `writeAccount` writes this column.
  kind: text(row.kind) as Account['kind'],
  balance: money(row.balance),
  held: money(row.held),
  floor: money(row.floor),
  version: Number(row.version),
  batch: Number(row.batch),
})

export const readReservation = (row: Row): Reservation => ({
  id: text(row.id),
  // Only `writeReservation` writes this column and the next.
  state: text(row.state) as Reservation['state'],
  accounts: JSON.parse(text(row.accounts)) as string[],
  asked: money(row.asked),
  amount: money(row.amount),
  checkpoint: money(row.checkpoint),
  charged: money(row.charged),
  excess: money(row.excess),
  source: text(row.source),
  price: text(row.price),
  memo: text(row.memo),
  node: text(row.node),
  epoch: Number(row.epoch),
  ticket: Number(row.ticket),
  reservedAtMs: Number(row.reserved_at),
  resolvedAtMs: Number(row.resolved_at),
  batch: Number(row.batch),
})

export const readTransfer = (row: Row): Transfer => ({
  operation: text(row.operation),
  leg: Number(row.leg),
  // Only `writeTransfer` writes this column.
  kind: text(row.kind) as Transfer['kind'],
  debit: text(row.debit),
  credit: text(row.credit),
  amount: money(row.amount),
  reservation: text(row.reservation),
  actor: text(row.actor),
  reason: text(row.reason),
  price: text(row.price),
  atMs: Number(row.at),
})

export const readEntry = (row: Row): Entry => ({
  batch: Number(row.batch),
  n: Number(row.n),
  transfer: readTransfer(row),
})

/** A reservation beside the place of its first transfer. */
export const readCharged = (row: Row): Charged => ({
  batch: Number(row.charge_batch),
  n: Number(row.charge_n),
  reservation: readReservation(row),
})

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`a text column holds ${typeof value}`)
  return value
}

// A number here would have lost digits already.
function money(value: unknown) {
  if (typeof value !== 'bigint') throw new TypeError(`a money column came as ${typeof value}`)
  return nano(value)
}

export const grouped = (transfers: readonly Transfer[]): Map<string, Transfer[]> =>
  Map.groupBy(transfers, ({ operation }) => operation)
