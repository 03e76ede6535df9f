import type { Capabilities } from '../../model/capability.ts'

/** How a server of this format differs from the format's own vendor, as plain data. */
export interface AnthropicQuirks {
  /** The `anthropic-version` of translated requests. Later versions refuse sampling fields outright. */
  readonly version: string
  /** Place breakpoints for clients whose format knows none; otherwise nothing is ever cached. Channels can switch it off. */
  readonly autoCache: boolean
  /** Understands `cache_control`. */
  readonly cacheMarks: boolean
  /** Runs web search, web fetch and code by itself. Without them such tools are refused by name. */
  readonly serverTools: boolean
  /** Opens `https:` addresses of pictures and documents. */
  readonly fetchesUrls: boolean
  /** Understands documents (PDF and text). */
  readonly documents: boolean
  /** Understands `anthropic-beta` and what it switches on. */
  readonly betas: boolean
  /** Keeps conversations (`thread`), so that only their new messages need be sent. */
  readonly threads: boolean
  /** Tool fields beyond name, description and schema (`strict`, `input_examples`, `defer_loading`). */
  readonly toolFields: boolean
  /** Understands `output_config.effort`. */
  readonly effort: boolean
  /** The forms of `thinking` that the server understands, where it knows fewer than the models it serves. */
  readonly thinkingForms?: Capabilities['thinkingForms']
  /** Output limit where the client gives none: plain, and with thinking. Tokens. */
  readonly maxTokens: { readonly plain: number; readonly thinking: number }
  /** Top-level fields that the server refuses; taken out and told as lost. */
  readonly drop: readonly string[]
  /** Paths below the base URL. */
  readonly messagesPath: string
  readonly countPath: string
}

/** What the format's own vendor does. */
export const anthropicQuirks: AnthropicQuirks = {
  version: '2023-06-01',
  autoCache: true,
  cacheMarks: true,
  serverTools: true,
  fetchesUrls: true,
  documents: true,
  betas: true,
  threads: true,
  toolFields: true,
  effort: true,
  maxTokens: { plain: 8192, thinking: 32000 },
  drop: [],
  messagesPath: '/v1/messages',
  countPath: '/v1/messages/count_tokens',
}

/** Quirks of a target that may name only some of them. */
export const withDefaults = (quirks: object): AnthropicQuirks => ({ ...anthropicQuirks, ...quirks })

/** What the model accepts through this server. */
export const servedBy = (capabilities: Capabilities, { effort, thinkingForms }: AnthropicQuirks): Capabilities => ({
  ...capabilities,
  ...(!effort && { efforts: [] }),
  ...(thinkingForms && { thinkingForms: capabilities.thinkingForms.filter((form) => thinkingForms.includes(form)) }),
})
