import type { AlreadySettled, AlreadyVoided } from '../answer.ts'
import { ownerOf } from '../lease/share.ts'
import type { Reservation } from '../state.ts'

/** Why nothing more can be done with a reservation; undefined while it is open. */
export function resolvedAs(reservation: Reservation): AlreadySettled | AlreadyVoided | undefined {
  const { state, charged, amount, source } = reservation
  if (state === 'open') return undefined
  const accounts = reservation.accounts.map(ownerOf)
  if (state === 'settled') return { is: 'already settled', charged, reserved: amount, accounts, source }
  return { is: 'already voided', reserved: amount, accounts, source }
}
