import type { Account, Changes, Reservation } from '../state.ts'

/** What the next batches will ask for again, so that the file need not be asked. Good only for the file's one user. */
export interface Memory {
  readonly accounts: ReadonlyMap<string, Account>
  /** Open ones. */
  readonly reservations: ReadonlyMap<string, Reservation>
  learn(changes: Changes): void
  forget(): void
}

/** Some ten megabytes. What is above is forgotten, the longest unused first. */
const mostAccounts = 50_000
const mostReservations = 20_000

export function makeMemory(): Memory {
  const accounts = new Map<string, Account>()
  const reservations = new Map<string, Reservation>()
  return {
    accounts,
    reservations,
    learn({ opened, changed, reserved, advanced }) {
      for (const account of opened) keep(accounts, account, mostAccounts)
      for (const { account } of changed) keep(accounts, account, mostAccounts)
      for (const row of reserved) if (row.state === 'open') keep(reservations, row, mostReservations)
      for (const { reservation } of advanced)
        if (reservation.state === 'open') keep(reservations, reservation, mostReservations)
        else reservations.delete(reservation.id)
    },
    forget() {
      accounts.clear()
      reservations.clear()
    },
  }
}

/** A map gives its keys in the order in which they came: the first is the oldest. */
function keep<T extends { readonly id: string }>(map: Map<string, T>, row: T, most: number): void {
  map.delete(row.id)
  map.set(row.id, row)
  if (map.size <= most) return
  for (const [oldest] of map) {
    map.delete(oldest)
    return
  }
}
