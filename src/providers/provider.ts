import type { AnthropicQuirks } from '../dialects/anthropic-messages/quirks.ts'
import type { ConverseQuirks } from '../dialects/bedrock-converse/quirks.ts'
import type { UpstreamAction, UpstreamFrame } from '../dialects/dialect.ts'
import type { GeminiQuirks } from '../dialects/gemini/quirks.ts'
import type { ChatQuirks } from '../dialects/openai-chat/quirks.ts'
import type { ResponsesQuirks } from '../dialects/openai-responses/quirks.ts'
import type { UpstreamFormat } from '../model/dialect.ts'
import type { Loss } from '../model/loss.ts'

/** One upstream, as facts. What it says is asked of nobody's name: code outside this folder reads the row. */
export interface Provider {
  /** As configurations say it: lower case, words joined by dashes. */
  readonly id: string
  readonly name: string
  /** The root, without version and trailing slash. Undefined: the operator must say it. */
  readonly baseUrl: string | undefined
  /** What stands where OpenAI has `/v1`, for the plain endpoints (embeddings, list of models). */
  readonly apiPath: string
  readonly auth: Auth
  /** Usual variables of the key; the first one that is set wins. */
  readonly environment: readonly string[]
  readonly formats: Formats
  /** Who mints the opaque reasoning state, so that it goes back to nobody else. */
  readonly maker: string
  /** Globs of what it serves, when a channel made from the environment names nothing. Absent: everything. */
  readonly models?: readonly string[]
  /** The page that this row was read from; of our own upstream, its guide. */
  readonly docs: string
}

/** What a provider speaks, its richest format first: that one is asked when the client's own is not among them. */
export type Formats = { readonly [Format in UpstreamFormat]?: FormatOffer<QuirksOf[Format]> }

/** The deviations that each format's codec knows. */
interface QuirksOf {
  'anthropic-messages': AnthropicQuirks
  'openai-chat': ChatQuirks
  'openai-responses': ResponsesQuirks
  gemini: GeminiQuirks
  'bedrock-converse': ConverseQuirks
}

/** One format that a provider speaks, and how it differs there from the format's own vendor. */
export interface FormatOffer<Quirks = object> {
  /** Where this format is served from elsewhere than the provider's root (`https://api.deepseek.com/anthropic`). */
  readonly baseUrl?: string
  /** Laid over the codec's own. */
  readonly quirks?: Partial<Quirks>
  /** Instead of the codec's path. */
  readonly path?: (model: string, action: UpstreamAction) => string
  /** How a stream comes; absent: server-sent events. */
  readonly framing?: 'sse' | 'eventstream'
  /** The last change of a body before it is sent, where the host wants the vendor's format in other clothes. */
  readonly wrap?: (asked: Asked) => Wrapped
  /** The vendor's frame inside the host's. Undefined: the frame means nothing. */
  readonly unwrapFrame?: (frame: UpstreamFrame) => UpstreamFrame | undefined
  /** Models that are asked in this format; absent: all. */
  readonly only?: (model: string) => boolean
  /** Where the format's seals have another maker than the provider's. */
  readonly maker?: string
  /** The host counts no tokens in this format, though the format's own vendor does. */
  readonly countsTokens?: false
  /** Where the format wants its key elsewhere. */
  readonly auth?: Auth
}

/** A request as its codec wrote it, or as the client did. Header names are lower case. */
export interface Asked {
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly action: UpstreamAction
}

export interface Wrapped {
  readonly body: Record<string, unknown>
  readonly headers: Record<string, string>
  /** What the host does not take. */
  readonly lost: readonly Loss[]
}

/** How a secret becomes headers. `sigv4` takes `ACCESS:SECRET[:SESSION]` or a bearer key, `google` a service account, `adc` or an API key. */
export type Auth =
  | { readonly kind: 'bearer' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'sigv4'; readonly service: string }
  | { readonly kind: 'google' }
  | { readonly kind: 'none' }

/**
 * Where requests of `format` go. An operator's own root keeps the format's path below it: DeepSeek's `/anthropic` follows to a
 * mirror. A version at the root's end, as other programs want it, is taken off. Undefined: the operator must say a root.
 */
export function baseUrlOf(provider: Provider, format: UpstreamFormat, root?: string): string | undefined {
  const own = provider.formats[format]?.baseUrl
  if (root === undefined) return own ?? provider.baseUrl
  const given = withoutEnd(root.replace(/\/+$/, ''), provider.apiPath)
  if (own === undefined || provider.baseUrl === undefined || !own.startsWith(`${provider.baseUrl}/`)) return given
  const below = own.slice(provider.baseUrl.length)
  return given.endsWith(below) ? given : given + below
}

const withoutEnd = (text: string, end: string): string =>
  end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text
