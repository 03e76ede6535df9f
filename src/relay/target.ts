import type { Target, UpstreamAction, UpstreamCodec } from '../dialects/dialect.ts'
import { upstreamCodecs } from '../dialects/index.ts'
import { capabilitiesOf } from '../providers/models.ts'
import { baseUrlOf } from '../providers/provider.ts'
import type { Candidate } from './candidate.ts'

/** What follows from a candidate alone. Candidates outlive requests, so it is worked out once for each. */
interface Derived {
  readonly codec: UpstreamCodec
  readonly target: Target
  readonly addresses: Map<UpstreamAction, Address | undefined>
}

export interface Address {
  readonly origin: string
  readonly path: string
}

const derived = new WeakMap<Candidate, Derived>()

function derive(candidate: Candidate): Derived {
  const known = derived.get(candidate)
  if (known) return known
  const codec = upstreamCodecs[candidate.format]
  // A quirk of the formats that need breakpoints; the others do not look at it.
  const caching = candidate.channel.cacheBreakpoints === 'off' ? { autoCache: false } : {}
  const quirks = { ...codec.quirks, ...candidate.offer.quirks, ...caching }
  const target = { model: candidate.model, capabilities: capabilitiesOf(candidate.model), quirks }
  const made: Derived = { codec, target, addresses: new Map() }
  derived.set(candidate, made)
  return made
}

/** Whom the candidate's requests are written for, and by which codec. */
export const targetOf = (candidate: Candidate): { readonly codec: UpstreamCodec; readonly target: Target } =>
  derive(candidate)

/** Whose seals this candidate opens. */
export const makerOf = ({ offer, provider }: Candidate): string => offer.maker ?? provider.maker

/** Origin and path to ask; undefined when neither the channel nor the provider names an address. */
export function addressOf(candidate: Candidate, action: UpstreamAction): Address | undefined {
  const { addresses } = derive(candidate)
  if (!addresses.has(action)) addresses.set(action, findAddress(candidate, action))
  return addresses.get(action)
}

function findAddress(candidate: Candidate, action: UpstreamAction): Address | undefined {
  const root = baseUrlOf(candidate.provider, candidate.format, candidate.channel.baseUrl)
  if (root === undefined) return undefined
  const { codec, target } = derive(candidate)
  const path = candidate.offer.path?.(candidate.model, action) ?? codec.path(target, action)
  const url = new URL(root)
  return { origin: url.origin, path: `${url.pathname.replace(/\/+$/, '')}${path}` }
}
