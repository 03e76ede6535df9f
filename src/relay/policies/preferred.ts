import type { Candidate } from '../candidate.ts'
import type { Policy } from './policy.ts'

/** The order that the client gave, by providers or channels; whom it does not name comes after. */
export const preferredFirst: Policy = (candidates, { order }) =>
  candidates.toSorted((left, right) => positionOf(left, order) - positionOf(right, order))

const positionOf = (candidate: Candidate, order: readonly string[]): number => {
  const position = order.findIndex((name) => isCalled(candidate, name))
  return position < 0 ? order.length : position
}

/**
 * Whether a client means this candidate by a name: the provider's id or its name, or the channel's. What follows a slash
 * says which of a vendor's services, which are models of their own here.
 */
export function isCalled({ channel, provider }: Pick<Candidate, 'channel' | 'provider'>, name: string): boolean {
  const said = name.toLowerCase()
  const [vendor] = said.split('/')
  return (
    said === channel.name.toLowerCase() ||
    vendor === provider.id.toLowerCase() ||
    vendor === provider.name.toLowerCase()
  )
}
