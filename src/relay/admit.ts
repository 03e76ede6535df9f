import type { IncomingMessage } from 'node:http'
import type { RouteScope } from '../model/account.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { KeyRow } from '../model/rows.ts'
import { isMistyped, looksLikeToken } from '../store/secrets.ts'
import { clientAddress } from './address.ts'
import { authenticate, presentedKeys } from './authenticate.ts'
import { matchesGlob } from './glob.ts'
import type { Relay } from './relay.ts'
import { scopeFault } from './scope.ts'
import { shortened } from './shortened.ts'
import { storeAway } from './store-away.ts'

/** Whose key a request shows, when it may be used for this kind of route, from here, now. */
export function authenticated(relay: Relay, request: IncomingMessage, route: RouteScope): Result<KeyRow> {
  const query = request.url?.includes('?') ? new URL(request.url, 'http://local').searchParams : undefined
  const snapshot = relay.snapshot()
  const nowMs = relay.clock()
  const key = authenticate(snapshot, { hash: relay.hashKey, nowMs }, request.headers, query)
  const freshness = relay.freshness()
  if (key === 'absent')
    return refuse(fault('auth', 'No API key was given. Send it as `Authorization: Bearer KEY` or in `x-api-key`.'))
  // Who was known then may have been locked out since.
  if (freshness === 'expired')
    return refuse(storeAway('The database has not answered for too long: no key can be checked at the moment.'))
  if (key !== 'unknown') {
    const address = () => clientAddress(request, snapshot.trustedProxies)
    const narrowed = scopeFault(key, snapshot.accounts.get(key.account), { route, address, nowMs })
    return narrowed ? refuse(narrowed) : ok(key)
  }
  if ([...presentedKeys(request.headers, query)].some(looksLikeToken))
    return refuse(fault('permission', 'This is a token of the management API. Models are asked with an API key.'))
  const isTypo = [...presentedKeys(request.headers, query)].some(isMistyped)
  // It may have been made elsewhere a moment ago.
  if (freshness !== 'fresh' && !isTypo)
    return refuse(storeAway('This key cannot be looked up at the moment: the database does not answer.'))
  return refuse(
    fault('auth', isTypo ? 'This API key is mistyped: a character is wrong.' : 'This API key is not known.'),
  )
}

/** Whether the key may use the model. */
export const mayUse = (key: KeyRow, model: string): boolean => key.models.some((pattern) => matchesGlob(pattern, model))

/** The model that this key means by a name: its own aliases first. */
export const modelMeant = (key: KeyRow, name: string): string =>
  key.aliases.find((alias) => matchesGlob(alias.name, name))?.model ?? name

/** The model to ask, or a refusal of what the key may not do. */
export function admit(key: KeyRow, name: string): Result<string> {
  // JSON can say half a character, and no address of an upstream can.
  if (!name.isWellFormed()) return refuse(fault('invalid', 'model: holds half of a surrogate pair', { param: 'model' }))
  const model = modelMeant(key, name)
  if (mayUse(key, model)) return ok(model)
  return refuse(fault('permission', `This key may not use the model "${shortened(model)}".`, { param: 'model' }))
}
