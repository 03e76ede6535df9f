import type { ClientFormat, UpstreamFormat } from '../model/dialect.ts'
import type { Channel } from '../model/rows.ts'
import { capabilitiesOf } from '../providers/models.ts'
import type { FormatOffer, Provider } from '../providers/provider.ts'
import type { Candidate } from './candidate.ts'
import { matchesGlob } from './glob.ts'

/** What decides who serves a request, and in which format. */
export interface Question {
  readonly model: string
  readonly format: ClientFormat
  /** Whether function tools are offered: some models take them through one of their vendor's formats only. */
  readonly hasTools: boolean
  readonly providerOf: (id: string) => Provider | undefined
}

/** Candidates of one list of channels, found once for each question: they are the same for as long as the snapshot is. */
const found = new WeakMap<readonly Channel[], Map<string, readonly Candidate[]>>()
const mostFound = 10_000

export function serving(channels: readonly Channel[], asked: Question): readonly Candidate[] {
  let known = found.get(channels)
  if (!known || known.size > mostFound) {
    known = new Map()
    found.set(channels, known)
  }
  const question = `${asked.format} ${asked.hasTools} ${asked.model}`
  const candidates = known.get(question) ?? channels.flatMap((channel) => candidatesOf(channel, asked))
  // Names that nobody serves come from clients and have no end.
  if (candidates.length > 0) known.set(question, candidates)
  return candidates
}

/** What the channel calls this model upstream, or undefined when it does not serve it. Exact names go before globs. */
export function upstreamName(channel: Channel, model: string): string | undefined {
  const rule =
    channel.models.find(({ name }) => name === model) ?? channel.models.find(({ name }) => matchesGlob(name, model))
  return rule && (rule.upstream ?? model)
}

function candidatesOf(channel: Channel, asked: Question): Candidate[] {
  const model = upstreamName(channel, asked.model)
  const provider = asked.providerOf(channel.provider)
  if (model === undefined || !provider) return []
  const spoken = Object.entries(provider.formats).filter(
    ([id, offer]) =>
      // Keys of `formats` are formats by its type; Object.entries widens them to string.
      (channel.formats?.includes(id as UpstreamFormat) ?? true) && (offer.only?.(model) ?? true),
  ) as [UpstreamFormat, FormatOffer][]
  const chosen = chooseFormat(spoken, model, asked)
  if (!chosen) return []
  const [format, offer] = chosen
  const secrets = channel.secrets.length > 0 ? channel.secrets : ['']
  return secrets.map((secret) => ({ channel, provider, format, offer, model, name: asked.model, secret }))
}

/** The client's own format where the model can be asked in it, else the first of the provider's, which is its richest. */
function chooseFormat(
  spoken: readonly [UpstreamFormat, FormatOffer][],
  model: string,
  { format, hasTools }: Question,
): [UpstreamFormat, FormatOffer] | undefined {
  const { responsesOnly, toolsNeedResponses } = capabilitiesOf(model)
  const avoidsChat = responsesOnly || (toolsNeedResponses && hasTools)
  const able = spoken.filter(([id]) => !(avoidsChat && id === 'openai-chat'))
  const choice = able.length > 0 ? able : spoken
  return choice.find(([id]) => id === format) ?? choice[0]
}
