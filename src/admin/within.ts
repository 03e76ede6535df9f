import ipaddr from 'ipaddr.js'
import type { KeyScope, ScopedLimits } from '../model/account.ts'
import { matchesGlob } from '../relay/glob.ts'

/** What may be used, and handed on: names and globs of models, and what narrows the rest. */
export interface Reach extends KeyScope {
  readonly models: readonly string[]
}

/** Of those who manage: nothing is kept from them. */
export const everything: Reach = { models: ['*'] }

/**
 * What is wanted and lies outside of what its maker has: the name of the field, as the API calls it. Undefined when all of
 * it lies within. Every making and changing of a key asks this.
 */
export const beyond = (maker: Reach, wanted: Reach): string | undefined =>
  borders.find(({ holds }) => !holds(maker, wanted))?.field

/** Whether nobody gets more than their maker has. */
export const within = (maker: Reach, wanted: Reach): boolean => beyond(maker, wanted) === undefined

interface Border {
  readonly field: string
  holds(maker: Reach, wanted: Reach): boolean
}

/** A figure that is bounded must be said, and be no more. */
const bounded = <T extends number | bigint>(most: T | undefined, wanted: T | undefined): boolean =>
  most === undefined || (wanted !== undefined && wanted <= most)

/** Of a list that narrows, each must be there. */
const narrowed = <T>(
  all: readonly T[] | undefined,
  wanted: readonly T[] | undefined,
  covers: (one: T, other: T) => boolean,
): boolean => all === undefined || (wanted?.every((other) => all.some((one) => covers(one, other))) ?? false)

const borders: readonly Border[] = [
  // A pattern that matches another's letters, its stars too, matches all that the other does.
  { field: 'models', holds: (maker, wanted) => narrowed(maker.models, wanted.models, matchesGlob) },
  { field: 'routes', holds: (maker, wanted) => narrowed(maker.routes, wanted.routes, Object.is) },
  { field: 'addresses', holds: (maker, wanted) => narrowed(maker.addresses, wanted.addresses, covers) },
  { field: 'expires_at', holds: (maker, wanted) => bounded(maker.expiresAtMs, wanted.expiresAtMs) },
  { field: 'budget.total_nano', holds: (maker, wanted) => bounded(maker.budget?.total, wanted.budget?.total) },
  { field: 'budget.daily_nano', holds: (maker, wanted) => bounded(maker.budget?.daily, wanted.budget?.daily) },
  { field: 'budget.monthly_nano', holds: (maker, wanted) => bounded(maker.budget?.monthly, wanted.budget?.monthly) },
  {
    field: 'limits.requests_per_minute',
    holds: (maker, wanted) => bounded(maker.limits?.requestsPerMinute, wanted.limits?.requestsPerMinute),
  },
  {
    field: 'limits.tokens_per_minute',
    holds: (maker, wanted) => bounded(maker.limits?.tokensPerMinute, wanted.limits?.tokensPerMinute),
  },
  {
    field: 'limits.concurrency',
    holds: (maker, wanted) => bounded(maker.limits?.concurrency, wanted.limits?.concurrency),
  },
  { field: 'limits.models', holds: (maker, wanted) => limitedAlike(maker.limits?.models, wanted.limits?.models) },
]

/** Each pattern that bounds the maker bounds what is wanted at least as narrowly. */
const limitedAlike = (maker: ScopedLimits['models'] = {}, wanted: ScopedLimits['models'] = {}): boolean =>
  Object.entries(maker).every(
    ([pattern, most]) =>
      bounded(most.requestsPerMinute, wanted[pattern]?.requestsPerMinute) &&
      bounded(most.tokensPerMinute, wanted[pattern]?.tokensPerMinute) &&
      bounded(most.concurrency, wanted[pattern]?.concurrency),
  )

/** Whether one range of addresses lies in another. */
function covers(outer: string, inner: string): boolean {
  const [outerAddress, outerBits] = rangeOf(outer)
  const [innerAddress, innerBits] = rangeOf(inner)
  return (
    outerAddress.kind() === innerAddress.kind() && innerBits >= outerBits && innerAddress.match(outerAddress, outerBits)
  )
}

function rangeOf(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
