/**
 * The wire types of the Responses API, as far as they are written here. Readers take `unknown` and narrow by themselves.
 * @see https://platform.openai.com/docs/api-reference/responses/object
 */

/** Any item: one step of a conversation, in `input` as in `output`. */
export interface Item extends Record<string, unknown> {
  readonly type: string
}

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

/** A piece of an answered message. */
export type OutputContent =
  | {
      type: 'output_text'
      text: string
      annotations: Annotation[]
      logprobs: WireLogprob[]
    }
  | { type: 'refusal'; refusal: string }

/** Offsets count code points of the text that carries it. File citations come as their own objects. */
export type Annotation = UrlCitation | Record<string, unknown>

export interface UrlCitation {
  readonly type: 'url_citation'
  readonly url: string
  readonly title: string
  readonly start_index: number
  readonly end_index: number
}

export interface WireLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes: readonly number[]
  readonly top_logprobs: readonly {
    readonly token: string
    readonly logprob: number
    readonly bytes: readonly number[]
  }[]
}

/** A piece of what a user, a developer or a tool said. */
export type InputContent = (
  | { readonly type: 'input_text'; readonly text: string }
  | { readonly type: 'input_image'; readonly detail: string; readonly image_url?: string; readonly file_id?: string }
  | {
      readonly type: 'input_file'
      readonly filename?: string
      readonly file_data?: string
      readonly file_url?: string
      readonly file_id?: string
    }
) & { readonly prompt_cache_breakpoint?: CacheBreakpoint }

/** At most four of them are written to the cache. */
export interface CacheBreakpoint {
  readonly mode: 'explicit'
  readonly ttl: '30m' | '12h'
}

/** `input_tokens` includes cached and written ones, `output_tokens` includes thinking. Codex demands every one of these. */
export interface WireUsage {
  readonly input_tokens: number
  readonly input_tokens_details: {
    readonly cached_tokens: number
    readonly cache_write_tokens: number
    readonly cache_write_tokens_details?: { readonly ttl_30m_tokens: number; readonly ttl_12h_tokens: number }
  }
  readonly output_tokens: number
  readonly output_tokens_details: { readonly reasoning_tokens: number }
  readonly total_tokens: number
}

export type ResponseStatus = 'completed' | 'failed' | 'in_progress' | 'incomplete'

/** What every snapshot of an answer holds, besides what it echoes of the request. */
export interface ResponseObject extends Record<string, unknown> {
  readonly id: string
  readonly object: 'response'
  readonly created_at: number
  readonly status: ResponseStatus
  readonly error: { readonly code: string; readonly message: string } | null
  readonly incomplete_details: { readonly reason: string } | null
  readonly model: string
  readonly output: readonly Item[]
  readonly usage: WireUsage | null
}

/** A declared tool, flat: no `function` wrapper. */
export interface WireTool extends Record<string, unknown> {
  readonly type: string
}
