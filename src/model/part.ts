import type { DialectId, UpstreamFormat } from './dialect.ts'

/**
 * One piece of a turn or of a reply. The order of parts is the order in which they were said.
 * What only one format knows travels as `opaque` and is lost, by name, on the way to another.
 */
export type Part =
  | TextPart
  | RefusalPart
  | ThinkingPart
  | MediaPart
  | SearchResultPart
  | ToolCallPart
  | ToolResultPart
  | ToolReferencePart
  | ServerCallPart
  | ServerResultPart
  | CompactionPart
  | OpaquePart

export type PartKind = Part['kind']

interface Marks {
  /** Prompt-cache breakpoint behind this part. */
  readonly cache?: CacheMark
  /** State that the vendor wants back with this part, unread. */
  readonly seal?: Seal
}

/** A prompt-cache breakpoint and how long the vendor keeps what is before it. */
export interface CacheMark {
  readonly ttl: '5m' | '30m' | '1h' | '12h'
}

/**
 * Opaque reasoning state: a signature, an encrypted thought. Only its maker can read it.
 * Towards a client of another format `data` is an envelope of ours (see `relay/seals.ts`).
 */
export interface Seal {
  /** The format whose native field it is (Anthropic `signature`, Responses `encrypted_content`, Gemini `thoughtSignature`). */
  readonly dialect: UpstreamFormat
  readonly kind: 'signature' | 'redacted' | 'encrypted' | 'thought' | 'compaction'
  /** As it stands on the wire. */
  readonly data: string
  /** The vendor's item id that belongs to it, where the format has one (`rs_…`). */
  readonly itemId?: string
}

export interface TextPart extends Marks {
  readonly kind: 'text'
  readonly text: string
  readonly citations?: readonly Citation[]
  readonly logprobs?: readonly TokenLogprob[]
}

/** The model's own words of refusal. */
export interface RefusalPart extends Marks {
  readonly kind: 'refusal'
  readonly text: string
}

/** What the model thought. `redacted` has no text, only a seal. */
export interface ThinkingPart extends Marks {
  readonly kind: 'thinking'
  readonly text: string
  /** `summary`: the vendor's digest; `raw`: the chain of thought itself; `redacted`: withheld. */
  readonly form: 'summary' | 'raw' | 'redacted'
}

export type MediaKind = 'image' | 'document' | 'audio' | 'video' | 'file'

export interface MediaPart extends Marks {
  readonly kind: 'media'
  readonly media: MediaKind
  readonly source: MediaSource
  /** MIME type, lower case, without parameters. */
  readonly mime?: string
  /** File name. */
  readonly name?: string
  readonly title?: string
  /** Anthropic documents: what the model should know about it, not part of it. */
  readonly context?: string
  /** How closely to look. `high` and `original` cost more tokens. */
  readonly detail?: 'auto' | 'low' | 'high' | 'original'
  /** The model is asked to cite this document. */
  readonly cite?: boolean
  /** A stretch of a video: offsets such as `12.5s`, frames a second. */
  readonly clip?: { readonly start?: string; readonly end?: string; readonly fps?: number }
  /** Spoken answers: the id to refer to, and what was said. */
  readonly audioId?: string
  readonly transcript?: string
}

export type MediaSource =
  | { readonly kind: 'base64'; readonly data: string }
  | { readonly kind: 'url'; readonly url: string }
  /** A file that only `dialect`'s vendor can open: an id, a Files API URI, `gs://`, a YouTube address. */
  | { readonly kind: 'file'; readonly id: string; readonly dialect: DialectId }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'parts'; readonly parts: readonly Part[] }

/** A search hit that the client supplies for the model to cite (Anthropic `search_result`). */
export interface SearchResultPart extends Marks {
  readonly kind: 'search_result'
  readonly source: string
  readonly title: string
  readonly parts: readonly Part[]
  readonly cite?: boolean
}

/**
 * `function`: JSON arguments. `custom`: free text (OpenAI custom tools). `typed`: a tool whose schema the vendor
 * knows (Anthropic `bash_20250124`, Responses `shell`), its type in `type`.
 */
export type ToolFlavor =
  | { readonly flavor: 'function' }
  | { readonly flavor: 'custom' }
  | { readonly flavor: 'typed'; readonly type: string }

export interface ToolCallPart extends Marks {
  readonly kind: 'tool_call'
  readonly id: string
  readonly name: string
  /** Responses namespace that the tool lives in. */
  readonly namespace?: string
  readonly tool: ToolFlavor
  /** Exact text: JSON for `function` and `typed` (empty means `{}`), the input itself for `custom`. */
  readonly arguments: string
  /** Who called: absent means the model directly. Anthropic's and OpenAI's own objects, unread. */
  readonly caller?: unknown
}

export interface ToolResultPart extends Marks {
  readonly kind: 'tool_result'
  readonly id: string
  /** The tool's name where the client's format says it (Gemini). */
  readonly name?: string
  readonly tool: ToolFlavor
  readonly parts: readonly Part[]
  readonly isError?: boolean
}

/** "Tool X is now available": Anthropic's answer of a tool search. */
export interface ToolReferencePart extends Marks {
  readonly kind: 'tool_reference'
  readonly name: string
}

export type ServerTool = 'web_search' | 'web_fetch' | 'code' | 'file_search' | 'image' | 'mcp' | 'tool_search' | 'other'

/** A tool that the vendor ran by itself. `arguments` is JSON text of what it was asked. */
export interface ServerCallPart extends Marks {
  readonly kind: 'server_call'
  readonly id: string
  readonly tool: ServerTool
  /** The vendor's own name of it (`bash_code_execution`, `web_search_call`). */
  readonly name: string
  /** JSON: `{query}` or `{queries}` for web_search, `{url}` for web_fetch, `{code, language}` for code; else the vendor's own. */
  readonly arguments: string
  readonly native?: Native
}

export interface ServerResultPart extends Marks {
  readonly kind: 'server_result'
  /** The id of its call. */
  readonly id: string
  readonly tool: ServerTool
  readonly name: string
  /** Web search: what was found. */
  readonly hits?: readonly SearchHit[]
  /** Code and others: what it printed. */
  readonly output?: string
  readonly errorCode?: string
  readonly native?: Native
}

export interface SearchHit {
  readonly url: string
  readonly title: string
  readonly age?: string
}

/** The block as its own format has it, so that the way back to that format loses nothing. */
export interface Native {
  readonly dialect: UpstreamFormat
  readonly value: unknown
}

/** What stands for a compacted history. Only its maker can open the seal; some have a readable text. */
export interface CompactionPart extends Marks {
  readonly kind: 'compaction'
  readonly text?: string
}

/** A block that only its own format knows. */
export interface OpaquePart extends Marks {
  readonly kind: 'opaque'
  readonly dialect: UpstreamFormat
  /** The block's own type, to name it when it is lost. */
  readonly type: string
  readonly value: unknown
}

/** Where a statement comes from. `start` and `end` count code points within the text part that carries the citation. */
export type Citation =
  | {
      readonly kind: 'url'
      readonly url: string
      readonly title?: string
      readonly cited?: string
      readonly start?: number
      readonly end?: number
      /** Anthropic `encrypted_index`. */
      readonly seal?: string
    }
  /** Cites a document or search result that the client sent: the vendor's own object. */
  | { readonly kind: 'native'; readonly dialect: UpstreamFormat; readonly type: string; readonly value: unknown }

export interface TokenLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes?: readonly number[]
  readonly top?: readonly { readonly token: string; readonly logprob: number; readonly bytes?: readonly number[] }[]
}
