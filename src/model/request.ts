import type { ClientFormat, DialectId, UpstreamFormat } from './dialect.ts'
import type { CacheMark, Part, ToolFlavor } from './part.ts'

/**
 * One chat request, in no vendor's words. Absent always means "the client did not say".
 * Order is meaning: the same history must give the same bytes upstream, or prompt caches miss.
 */
export interface ChatRequest {
  readonly format: ClientFormat
  /** The name that the client asked for; replies carry it back. */
  readonly model: string
  readonly stream: StreamForm
  /** Chat Completions: the client wants the usage chunk. */
  readonly includeUsage?: boolean
  /** Leading instructions, in order. */
  readonly system: readonly Part[]
  readonly turns: readonly Turn[]
  readonly tools: readonly Tool[]
  readonly toolChoice?: ToolChoice
  /** false: at most one call per answer. */
  readonly parallel?: boolean
  /** Most calls of vendor-run tools. */
  readonly maxToolCalls?: number
  /** Tokens, thinking included. */
  readonly maxOutput?: number
  readonly sampling: Sampling
  readonly thinking: ThinkingControl
  readonly output: OutputFormat
  readonly cache?: CacheControl
  readonly identity: Identity
  readonly tier?: Tier
  readonly state?: State
  /** Fields of the client's own format with no neutral meaning, kept for a target of the same format, lost elsewhere by name. */
  readonly native: Readonly<Record<string, unknown>>
  /** Losses met while reading (a tool that is no object, a seal of the wrong shape). */
  readonly lost: readonly string[]
}

/** `json-array` is Gemini's way of streaming without `alt=sse`. */
export type StreamForm = false | 'sse' | 'json-array'

export interface Turn {
  readonly role: 'user' | 'assistant' | 'system'
  /** System turns: OpenAI tells `developer` from `system`. */
  readonly authority?: 'system' | 'developer'
  /** Responses: commentary or final answer. */
  readonly phase?: string
  /** Chat Completions: the speaker's name. */
  readonly name?: string
  readonly parts: readonly Part[]
  /** Fields of the turn that only its own format knows (Anthropic `output_config`, `clear_at`). */
  readonly native?: Readonly<Record<string, unknown>>
}

/** What the model may call. */
export type Tool = FunctionTool | CustomTool | TypedTool | ServerToolOffer | OpaqueTool

interface ToolMarks {
  readonly cache?: CacheMark
  /** Not shown to the model until a tool search finds it. */
  readonly deferred?: boolean
  /** Fields that only the client's format knows (`eager_input_streaming`, `allowed_callers`, `output_schema`). */
  readonly native?: Readonly<Record<string, unknown>>
}

export interface FunctionTool extends ToolMarks {
  readonly kind: 'function'
  readonly name: string
  readonly namespace?: string
  readonly description?: string
  /** JSON Schema of the arguments; absent: takes none. Gemini's own Schema form is converted while reading. */
  readonly schema?: JsonSchema
  /** Absent: the client did not say; the Responses API then means true, the others false, so readers resolve it. */
  readonly strict?: boolean
  readonly examples?: readonly unknown[]
}

/** Takes free text, perhaps of a grammar. */
export interface CustomTool extends ToolMarks {
  readonly kind: 'custom'
  readonly name: string
  readonly namespace?: string
  readonly description?: string
  readonly grammar?: { readonly syntax: 'lark' | 'regex'; readonly definition: string }
}

/** A tool that the client runs and whose schema its vendor knows (`bash_20250124`, `shell`, `apply_patch`). */
export interface TypedTool extends ToolMarks {
  readonly kind: 'typed'
  readonly dialect: DialectId
  readonly type: string
  readonly name: string
  /** The declaration as it came. */
  readonly value: Readonly<Record<string, unknown>>
}

/** A tool that the vendor runs. */
export interface ServerToolOffer extends ToolMarks {
  readonly kind: 'server'
  readonly tool: 'web_search' | 'web_fetch' | 'code' | 'mcp' | 'tool_search'
  readonly dialect: DialectId
  /** The vendor's own type or key (`web_search_20250305`, `googleSearch`). */
  readonly type: string
  readonly name: string
  readonly maxUses?: number
  readonly allowedDomains?: readonly string[]
  readonly blockedDomains?: readonly string[]
  readonly location?: {
    readonly city?: string
    readonly country?: string
    readonly region?: string
    readonly timezone?: string
  }
  readonly contextSize?: 'low' | 'medium' | 'high'
  readonly value: Readonly<Record<string, unknown>>
}

/** A tool that only its own format has (computer use, file search over vendor stores, maps). */
export interface OpaqueTool {
  readonly kind: 'opaque'
  readonly dialect: DialectId
  readonly type: string
  readonly value: unknown
}

export type JsonSchema = Readonly<Record<string, unknown>>

/** `only` narrows `auto` and `required` to these tools; one name with `required` forces that tool. */
export type ToolChoice =
  | { readonly mode: 'none' }
  | { readonly mode: 'auto' | 'required'; readonly only?: readonly ToolName[] }

export interface ToolName {
  readonly name: string
  readonly namespace?: string
}

export interface Sampling {
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly seed?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  readonly logitBias?: Readonly<Record<string, number>>
  /** How many answers; absent is 1. */
  readonly n?: number
  readonly stop?: readonly string[]
  readonly logprobs?: boolean
  readonly topLogprobs?: number
}

export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof efforts)[number]

export interface ThinkingControl {
  /** `default`: the client did not say. */
  readonly mode: 'default' | 'off' | 'on' | 'between_tools'
  readonly effort?: Effort
  /** Tokens; -1 leaves it to the model (Gemini). */
  readonly budget?: number
  /** Whether thoughts are shown; absent: the client did not say. */
  readonly show?: 'none' | 'summary'
  readonly summary?: 'auto' | 'concise' | 'detailed'
  /** Anthropic `block_binding` and the like. */
  readonly native?: Readonly<Record<string, unknown>>
}

export interface OutputFormat {
  readonly format:
    | { readonly kind: 'text' }
    | { readonly kind: 'json' }
    | {
        readonly kind: 'schema'
        readonly schema: JsonSchema
        readonly name?: string
        readonly description?: string
        readonly strict?: boolean
      }
    /** Gemini `text/x.enum`: one of these words. */
    | { readonly kind: 'enum'; readonly values: readonly string[] }
  readonly verbosity?: 'low' | 'medium' | 'high'
  /** Absent means text alone. */
  readonly modalities?: readonly ('text' | 'image' | 'audio' | 'video')[]
  readonly audio?: { readonly voice?: unknown; readonly format?: string }
  readonly image?: Readonly<Record<string, unknown>>
}

export interface CacheControl {
  /** OpenAI `prompt_cache_key`. */
  readonly key?: string
  /** A name of ours for the session, for vendors that keep the prompts of one key together, where the client has no key. */
  readonly conversation?: string
  /** Anthropic's top-level `cache_control`: mark the last block by yourself. */
  readonly auto?: CacheMark
}

export interface Identity {
  /** The client's end user, opaque. */
  readonly endUser?: string
  readonly metadata?: Readonly<Record<string, string>>
}

export type Tier = 'auto' | 'standard' | 'flex' | 'priority' | 'fast' | 'ultrafast' | 'scale' | 'batch'

/** Responses: what the server keeps. `previousId` is resolved by the relay before a writer sees the request. */
export interface State {
  readonly store?: boolean
  readonly previousId?: string
  readonly background?: boolean
}

/** The tool flavor of a declaration, to give calls and results of it the same one. */
export const flavorOf = (tool: FunctionTool | CustomTool | TypedTool): ToolFlavor =>
  tool.kind === 'typed' ? { flavor: 'typed', type: tool.type } : { flavor: tool.kind }

/** Whether this part would travel untouched to `target`. */
export const isOwn = (value: { readonly dialect: UpstreamFormat }, target: UpstreamFormat): boolean =>
  value.dialect === target
