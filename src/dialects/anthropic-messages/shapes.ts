/**
 * The wire's shapes, as far as they are written or read here. Bodies are read as `unknown`; these say what is written.
 * @see https://platform.claude.com/docs/en/api/messages
 */

/** A content block, told apart by `type`; the other fields depend on it. */
export interface Block {
  readonly type: string
  readonly [field: string]: unknown
}

/** One message of a request. `system` in the middle of a conversation is for newer models. */
export interface WireMessage {
  readonly role: 'user' | 'assistant' | 'system'
  readonly content: string | readonly Block[]
  readonly [field: string]: unknown
}

/** A prompt-cache breakpoint. */
export interface WireCacheControl {
  readonly type: 'ephemeral'
  readonly ttl?: '5m' | '1h'
}

/** Client-run tools have a schema; typed and vendor-run ones a dated `type`. */
export interface WireTool {
  readonly name?: string
  readonly type?: string
  readonly [field: string]: unknown
}

/** How the model may call. `disable_parallel_tool_use`: one call at most. */
export type WireToolChoice =
  | { readonly type: 'auto' | 'any'; readonly disable_parallel_tool_use?: true }
  | { readonly type: 'tool'; readonly name: string; readonly disable_parallel_tool_use?: true }
  | { readonly type: 'none' }

/** Manual budgets are for models up to the 4.6 generation; later ones decide by themselves (`adaptive`). */
export type WireThinking =
  | { readonly type: 'enabled'; readonly budget_tokens: number; readonly [field: string]: unknown }
  | { readonly type: 'adaptive' | 'disabled' | 'between_tools'; readonly [field: string]: unknown }

/** `message_start.message` and unary replies. */
export interface WireUsage {
  readonly input_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
  readonly cache_creation: { readonly ephemeral_5m_input_tokens: number; readonly ephemeral_1h_input_tokens: number }
  readonly output_tokens: number
  readonly output_tokens_details: { readonly thinking_tokens: number } | null
  readonly server_tool_use: { readonly web_search_requests: number; readonly web_fetch_requests: number } | null
  readonly service_tier: 'standard' | 'priority' | 'batch' | null
  readonly inference_geo: string | null
  readonly speed: 'standard' | 'fast' | null
}

/** The stop fields of a message and of `message_delta.delta`. */
export interface WireStop {
  readonly stop_reason: string
  readonly stop_sequence: string | null
  readonly stop_details: {
    readonly type: 'refusal'
    readonly category: string | null
    readonly explanation: string | null
  } | null
}
