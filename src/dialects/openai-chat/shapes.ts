/**
 * What we write in this format. What we read is `unknown` until a reader has looked at it, because the servers that speak
 * it agree on little.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */

/** A message of a request. */
export type ChatMessage =
  | { role: 'system' | 'developer'; content: string | ChatPart[] }
  | { role: 'user'; content: string | ChatPart[]; name?: string }
  | AssistantMessage
  | { role: 'tool'; tool_call_id: string; content: string | ChatPart[]; name?: string }

export interface AssistantMessage {
  role: 'assistant'
  content?: string | ChatPart[] | null
  name?: string
  refusal?: string
  tool_calls?: ToolCall[]
  audio?: { id: string }
  reasoning_content?: string
  reasoning?: string
  reasoning_details?: unknown[]
  [native: string]: unknown
}

/** A content part, with the marks that some servers take. */
export type ChatPart = (
  | { type: 'text'; text: string }
  | { type: 'refusal'; refusal: string }
  | { type: 'image_url'; image_url: { url: string; detail?: string } }
  | { type: 'input_audio'; input_audio: { data: string; format: string } }
  | { type: 'file'; file: { file_data?: string; file_id?: string; filename?: string } }
  | { type: 'video_url'; video_url: { url: string } }
  | { type: 'document_url'; document_url: string }
  | { type: 'thinking'; thinking: { type: 'text'; text: string }[] }
  | OwnPart
) & {
  cache_control?: { type: 'ephemeral'; ttl?: string }
  prompt_cache_breakpoint?: { mode: 'explicit'; ttl: string }
}

/** A part of this format that we do not know, as it came. */
export interface OwnPart {
  type: `own:${string}`
  [field: string]: unknown
}

export type ToolCall = { id: string; extra_content?: ExtraContent } & (
  | { type: 'function'; function: { name: string; arguments: string } }
  | { type: 'custom'; custom: { name: string; input: string } }
)

/** Google's place for a thought signature on a call. @see https://ai.google.dev/gemini-api/docs/thought-signatures */
export interface ExtraContent {
  google: { thought_signature: string }
}

export type ChatTool =
  | {
      type: 'function'
      function: { name: string; description?: string; parameters?: unknown; strict?: boolean }
      cache_control?: { type: 'ephemeral'; ttl?: string }
    }
  | { type: 'custom'; custom: { name: string; description?: string; format?: unknown } }

/** What a chunk adds to the message. A whole message is all its deltas, laid together. */
export interface ChatDelta {
  role?: 'assistant'
  content?: string | null
  refusal?: string | null
  reasoning_content?: string
  reasoning_details?: ReasoningDetail[]
  tool_calls?: ToolCallDelta[]
  function_call?: { name?: string; arguments?: string }
  images?: ImageDelta[]
  audio?: AudioDelta
  annotations?: unknown[]
}

export interface ImageDelta {
  type: 'image_url'
  image_url: { url: string }
  index: number
}

export interface AudioDelta {
  id?: string
  data?: string
  transcript?: string
  expires_at?: number
}

export interface ToolCallDelta {
  index: number
  id?: string
  type?: 'function' | 'custom'
  function?: { name?: string; arguments?: string }
  custom?: { name?: string; input?: string }
  extra_content?: ExtraContent
}

/**
 * Opaque state of one thought. `text_length` says how many UTF-16 units of `reasoning_content` it belongs to, so that several
 * thoughts that were told as one text can be told apart again.
 */
export interface ReasoningDetail {
  type: 'reasoning.encrypted'
  data: string
  id?: string
  text_length?: number
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call'

export interface ChatUsage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  prompt_tokens_details: {
    cached_tokens: number
    cache_write_tokens: number
    audio_tokens: number
    image_tokens?: number
  }
  completion_tokens_details: {
    reasoning_tokens: number
    audio_tokens: number
    accepted_prediction_tokens: number
    rejected_prediction_tokens: number
    image_tokens?: number
  }
}

export interface ChatLogprobs {
  content: unknown[] | null
  refusal: unknown[] | null
}
