import type { Effort } from '../../model/request.ts'

/**
 * How thinking is switched. Every kind but `reasoning_effort` and `none` may carry a level as well: `effortField` says where.
 * `reasoning_effort`: OpenAI's own field. `thinking`: `thinking: {type: 'enabled' | 'disabled'}`, with `budget_tokens` where
 * `budgets`. `enable_thinking`: a boolean, its budget in `budgetField`. `reasoning`: `reasoning: {effort, max_tokens, enabled}`.
 * `chat_template`: `chat_template_kwargs: {[field]: boolean}`. `think`: `think: boolean | level`.
 * `none`: the model decides, nothing is sent.
 */
export type ThinkingSwitch =
  | { readonly kind: 'reasoning_effort' }
  | {
      readonly kind: 'thinking'
      readonly budgets?: boolean
      /** The word that switches it on (`enabled`, or `auto` where the server decides). */
      readonly on?: string
      readonly effortField?: string
    }
  | { readonly kind: 'enable_thinking'; readonly budgetField?: string; readonly effortField?: string }
  | { readonly kind: 'reasoning'; readonly budgets?: boolean }
  | { readonly kind: 'chat_template'; readonly field: string; readonly effortField?: string }
  | { readonly kind: 'think' }
  | { readonly kind: 'none' }

/** Fields beyond OpenAI's own that a server takes, by the neutral idea: the server's name of it. */
export interface ExtraFields {
  readonly topK?: string
  /** A native number of the client's, passed on under this name (`min_p`, `repetition_penalty`). */
  readonly minP?: string
  readonly repetitionPenalty?: string
}

/**
 * How one server of this format differs from OpenAI, as plain data. Names of things: the field of the body that is meant.
 * `true` means that the server takes it.
 */
export interface ChatQuirks {
  /** Where the output limit goes. */
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens'
  /** The role of instructions to a model that thinks; others are always asked with `system`. */
  readonly systemRole: 'developer' | 'system'
  /** System messages may stand behind the first turn; otherwise they become part of a user turn. */
  readonly systemAnywhere: boolean
  /** How the usage of a stream is had: asked for, always told, never told. */
  readonly streamUsage: 'stream_options' | 'always' | 'none'
  /** Refuses to think in whole answers: it is asked for streams alone, and clients that want a whole get it from here. */
  readonly alwaysStreams: boolean
  readonly parallelToolCalls: boolean
  /** Tools may say `strict`. */
  readonly strictTools: boolean
  /** Free-text tools; without them they are asked as functions of one string. */
  readonly customTools: boolean
  /** `tool_choice: {type: 'allowed_tools'}`; without it the list of tools itself is narrowed. */
  readonly allowedTools: boolean
  /** `tool_choice: 'required'`; some servers say `any`, some know neither. */
  readonly toolChoiceRequired: 'required' | 'any' | 'none'
  /** `tool_choice` may name one function. */
  readonly toolChoiceNamed: boolean
  /** `schema`: `json_schema`; `json`: `json_object` alone, the schema goes into the instructions; `none`: instructions alone. */
  readonly responseFormat: 'schema' | 'json' | 'none'
  readonly thinking: ThinkingSwitch
  /** Levels accepted in the effort field, in rising order, where the server knows fewer than the model's own. */
  readonly efforts?: readonly Effort[]
  /**
   * Where thoughts of earlier turns are written when they are sent back. `think_tags`: `<think>…</think>` before the content;
   * `thinking_parts`: content parts `{type: 'thinking'}`. All of them are read in answers, whatever stands here.
   */
  readonly reasoningField: 'reasoning_content' | 'reasoning' | 'think_tags' | 'thinking_parts'
  /** Which earlier thoughts go back: none (some refuse the field), those since the last user turn, all. */
  readonly sendsReasoningBack: 'never' | 'tool_loop' | 'always'
  /** Opaque `reasoning_details` go back as they came. */
  readonly reasoningDetails: boolean
  /** Answers hold `<think>…</think>` at the start of their content, to be told as thinking. */
  readonly thinkTags: boolean
  /** Content of text alone must be a string. */
  readonly contentAsString: boolean
  /** Ids of tool calls: what OpenAI takes, or exactly nine letters and digits. */
  readonly toolIds: 'any' | 'nine'
  /** Tool messages say the tool's `name` too. */
  readonly namesOnResults: boolean
  /** A user message may not stand directly behind tool messages: a short word of the assistant goes between. */
  readonly bridgesAfterTools: boolean
  /** Where an assistant message of calls alone has no text: `null`, an empty string, or no field at all. */
  readonly emptyContent: 'null' | 'string' | 'absent'
  readonly imageInput: boolean
  readonly audioInput: boolean
  /** PDFs and other documents. */
  readonly fileInput: boolean
  /** How a document is written: `file: {file_data, filename}`, or `document_url` as some servers have it. */
  readonly documentForm: 'file' | 'document_url'
  /** Documents may be addresses, which the server opens itself. */
  readonly documentUrls: boolean
  /** `video_url` parts. */
  readonly videoUrl: boolean
  /** Answers may be spoken. */
  readonly audioOutput: boolean
  /** Answers may hold pictures (`modalities: ['image']`). */
  readonly imageOutput: boolean
  /** Pictures must come inline: the server opens no addresses. */
  readonly inlineImages: boolean
  /** `cache_control` on content parts and tools, as Anthropic has it. */
  readonly cacheControl: boolean
  /** `prompt_cache_breakpoint` on content parts, for models that take them. */
  readonly cacheBreakpoints: boolean
  /** `prompt_cache_key`. */
  readonly cacheKey: boolean
  readonly namesOnMessages: boolean
  readonly metadata: boolean
  /** `store`. */
  readonly store: boolean
  /** Where the end user's id goes. */
  readonly endUser: 'safety_identifier' | 'user' | 'user_id' | 'none'
  readonly serviceTier: boolean
  readonly verbosity: boolean
  readonly seed: 'seed' | 'random_seed' | 'none'
  readonly penalties: boolean
  readonly logitBias: boolean
  readonly logprobs: boolean
  /** Several answers at once. */
  readonly n: boolean
  /** Most stop strings taken; more are looked for by the gateway. 0: none is taken. */
  readonly stopMax: number
  /** How a web search is asked for: OpenAI's field, `plugins: [{id: 'web'}]`, `enable_search: true`, `search_parameters: {mode}`. */
  readonly webSearch: 'web_search_options' | 'plugins' | 'enable_search' | 'search_parameters' | 'none'
  readonly extraFields: ExtraFields
  /** Fields that are never sent, whatever said them; removed last, and named as lost when the client had set them. */
  readonly dropFields: readonly string[]
  /** Fields that every body carries (`{reasoning_split: true}`), under what the client says itself. */
  readonly alwaysFields: Readonly<Record<string, unknown>>
  /** Path below the base URL. `{model}` stands for the upstream's name of the model. */
  readonly path: string
}

/**
 * OpenAI itself.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
export const openaiQuirks: ChatQuirks = {
  maxTokensField: 'max_completion_tokens',
  systemRole: 'developer',
  systemAnywhere: true,
  streamUsage: 'stream_options',
  alwaysStreams: false,
  parallelToolCalls: true,
  strictTools: true,
  customTools: true,
  allowedTools: true,
  toolChoiceRequired: 'required',
  toolChoiceNamed: true,
  responseFormat: 'schema',
  thinking: { kind: 'reasoning_effort' },
  reasoningField: 'reasoning_content',
  sendsReasoningBack: 'never',
  reasoningDetails: false,
  thinkTags: false,
  contentAsString: false,
  toolIds: 'any',
  namesOnResults: false,
  bridgesAfterTools: false,
  emptyContent: 'null',
  imageInput: true,
  audioInput: true,
  fileInput: true,
  documentForm: 'file',
  documentUrls: false,
  videoUrl: false,
  audioOutput: true,
  imageOutput: false,
  inlineImages: false,
  cacheControl: false,
  cacheBreakpoints: true,
  cacheKey: true,
  namesOnMessages: true,
  metadata: true,
  store: true,
  endUser: 'safety_identifier',
  serviceTier: true,
  verbosity: true,
  seed: 'seed',
  penalties: true,
  logitBias: true,
  logprobs: true,
  n: true,
  stopMax: 4,
  webSearch: 'web_search_options',
  extraFields: {},
  dropFields: [],
  alwaysFields: {},
  path: '/v1/chat/completions',
}

/**
 * A server that speaks this format and of which nothing more is known: what nearly all of them take, in the older spelling.
 * Providers lay their own facts over it.
 */
export const compatibleQuirks: ChatQuirks = {
  ...openaiQuirks,
  maxTokensField: 'max_tokens',
  systemRole: 'system',
  strictTools: false,
  customTools: false,
  allowedTools: false,
  contentAsString: true,
  audioInput: false,
  fileInput: false,
  audioOutput: false,
  store: false,
  cacheBreakpoints: false,
  cacheKey: false,
  namesOnMessages: false,
  metadata: false,
  endUser: 'user',
  serviceTier: false,
  verbosity: false,
  logitBias: false,
  webSearch: 'none',
}
