import type { UpstreamFormat } from '../model/dialect.ts'
import type { Channel } from '../model/rows.ts'
import type { FormatOffer, Provider } from '../providers/provider.ts'

/** One way to answer one request: a channel, one of its secrets, and the format that it would be asked in. */
export interface Candidate {
  readonly channel: Channel
  readonly provider: Provider
  readonly format: UpstreamFormat
  readonly offer: FormatOffer
  /** The upstream's own name of the model. */
  readonly model: string
  /** The name by which it serves the model here. */
  readonly name: string
  readonly secret: string
}

/** USD per million tokens: what it costs, before any multiplier. */
export interface TokenPrice {
  readonly input: number
  readonly output: number
}
