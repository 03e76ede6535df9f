import type { Target, UpstreamAction, UpstreamCodec } from '../dialects/dialect.ts'
import { upstreamCodecs } from '../dialects/index.ts'
import { capabilitiesOf } from '../providers/models.ts'
import { baseUrlOf } from '../providers/provider.ts'
import type { Candidate } from './candidate.ts'

/** Whom the candidate's requests are written for, and by which codec. */
export function targetOf(candidate: Candidate): { codec: UpstreamCodec; target: Target } {
  const codec = upstreamCodecs[candidate.format]
  const quirks = { ...codec.quirks, ...candidate.offer.quirks }
  return { codec, target: { model: candidate.model, capabilities: capabilitiesOf(candidate.model), quirks } }
}

/** Whose seals this candidate opens. */
export const makerOf = ({ offer, provider }: Candidate): string => offer.maker ?? provider.maker

/** Origin and path to ask; undefined when neither the channel nor the provider names an address. */
export function addressOf(candidate: Candidate, action: UpstreamAction): { origin: string; path: string } | undefined {
  const root = baseUrlOf(candidate.provider, candidate.format, candidate.channel.baseUrl)
  if (root === undefined) return undefined
  const { codec, target } = targetOf(candidate)
  const path = candidate.offer.path?.(candidate.model, action) ?? codec.path(target, action)
  const url = new URL(root)
  return { origin: url.origin, path: `${url.pathname.replace(/\/+$/, '')}${path}` }
}
