import type { Account, RouteScope } from '../model/account.ts'
import { type Fault, fault } from '../model/fault.ts'
import type { KeyRow } from '../model/rows.ts'
import { isWithin } from './address.ts'

/** What is known of a request before its body is read. */
export interface Facts {
  readonly route: RouteScope
  /** Worked out when a key is narrowed to addresses. */
  readonly address: () => string
  readonly nowMs: number
}

/** Why a known key may not ask this, here and now; undefined when it may. */
export function scopeFault({ scope }: KeyRow, account: Account | undefined, facts: Facts): Fault | undefined {
  if (scope.expiresAtMs !== undefined && facts.nowMs >= scope.expiresAtMs)
    return fault('auth', 'This API key has expired.')
  if (!account?.isEnabled) return fault('permission', 'The account of this API key is switched off.')
  if (scope.routes && !scope.routes.includes(facts.route))
    return fault('permission', `This API key may not be used for "${facts.route}".`)
  if (scope.addresses && !isWithin(facts.address(), scope.addresses))
    return fault('permission', 'This API key may not be used from this address.')
  return undefined
}
