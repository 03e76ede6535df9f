import type { AlreadySettled, AlreadyVoided } from '../answer.ts'
import type { Reservation } from '../state.ts'

/** Why nothing more can be done with a reservation; undefined while it is open. */
export function resolvedAs(reservation: Reservation): AlreadySettled | AlreadyVoided | undefined {
  const { state, charged, amount, accounts, source } = reservation
  if (state === 'settled') return { is: 'already settled', charged, reserved: amount, accounts, source }
  return state === 'voided' ? { is: 'already voided', reserved: amount, accounts, source } : undefined
}
