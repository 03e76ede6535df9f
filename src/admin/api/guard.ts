import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import { type Bucket, filled, fullBucket, take, waitFor } from '../../ledger/limit/bucket.ts'
import { type Fault, fault, ok, type Result, refuse } from '../../model/fault.ts'
import { type Role, reaches } from '../../model/role.ts'
import { clientAddress } from '../../relay/address.ts'
import { hashKey, looksLikeKey, looksLikeToken } from '../../store/secrets.ts'
import type { Actor, Admin } from '../admin.ts'

/** Who a request comes from, when that is somebody who may do what `role` says. */
export type Guard = (request: IncomingMessage, role: Role) => Promise<Result<Actor>>

/** Failures of one address; who knows a token is never held up by what its neighbours try. */
const failuresPerMinute = 30
const mostAddresses = 10_000

/** Knows tokens by a look-up of their own at every request, so that a revoked one is out at once. */
export function guard({ relay, tokenPepper }: Pick<Admin, 'relay' | 'tokenPepper'>): Guard {
  const buckets = new Map<string, Bucket>()

  const failed = (request: IncomingMessage, refused: Fault): Result<never> => {
    const nowMs = relay.clock()
    const address = clientAddress(request, relay.snapshot().trustedProxies)
    const name = networkOf(address)
    const bucket = filled(buckets.get(name) ?? fullBucket(failuresPerMinute, nowMs), failuresPerMinute, nowMs)
    const waitMs = waitFor(bucket, failuresPerMinute, 1)
    if (buckets.size >= mostAddresses) buckets.clear()
    buckets.set(name, waitMs > 0 ? bucket : take(bucket, 1))
    if (waitMs === 0 && refused !== noToken)
      relay.log.warn({ address }, 'a wrong token was shown to the management API')
    return waitMs > 0
      ? refuse(fault('rate_limit', 'Too many wrong tokens.', { retryAfterMs: waitMs }))
      : refuse(refused)
  }

  return async (request, role) => {
    const text = bearer(request)
    if (text === undefined) return failed(request, noToken)
    if (isModelKey(relay, text)) return failed(request, wrongKind)
    // What is no token by its looks is not worth a look-up.
    const token = looksLikeToken(text) ? await relay.store.tokens.known(hashKey(tokenPepper, text)) : undefined
    if (!token) return failed(request, unknownToken)
    if (!reaches(token.role, role))
      return refuse(fault('permission', `This needs a token of the role "${role}"; yours is "${token.role}".`))
    const address = clientAddress(request, relay.snapshot().trustedProxies)
    return ok({ id: token.id, name: token.name, role: token.role, address })
  }
}

const noToken = fault('auth', 'No token was given. Send one of the management API as `Authorization: Bearer TOKEN`.')
const unknownToken = fault('auth', 'This token is not known.')
const wrongKind = fault('permission', 'This is an API key for models. The management API needs a token of its own.')

const bearer = ({ headers }: IncomingMessage): string | undefined =>
  /^bearer\s+(\S+)$/i.exec(headers.authorization?.trim() ?? '')?.[1]

const isModelKey = (relay: Admin['relay'], text: string): boolean =>
  looksLikeKey(text) || relay.snapshot().keys.has(relay.hashKey(text))

/** One customer of an IPv6 network has 2^64 addresses. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return ''
  const parsed = ipaddr.process(address)
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString()
}
