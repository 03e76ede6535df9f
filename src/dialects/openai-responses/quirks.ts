/** How a server of this format differs from OpenAI's own. Providers override single values. */
export interface ResponsesQuirks {
  /** Path below the base URL; counting and compacting are below it. */
  readonly path: string
  /** Body fields that the server refuses. */
  readonly drop: readonly string[]
  /** Fixed body fields of this server, laid over what was written. */
  readonly extra: Readonly<Record<string, unknown>>
  /** Free-text tools; without them they become functions that take `{input}`. */
  readonly customTools: boolean
  /** `namespace` tools; without them names are flattened. */
  readonly namespaces: boolean
  /** Client-run tools that the server knows by type; others become functions. */
  readonly typedTools: readonly string[]
  /** Vendor-run tools of ours that the server has. */
  readonly serverTools: readonly ('web_search' | 'code' | 'mcp' | 'tool_search')[]
  /** Tools and items that only this format has may be sent (file search, computer use, tool search…). */
  readonly opaqueItems: boolean
  /** A turn that ends in `compaction_trigger` is answered by a `compaction`; without it the summary is made here. */
  readonly compacts: boolean
  /** `tool_choice` of type `allowed_tools`; without it the list of tools is cut. */
  readonly allowedTools: boolean
  /** Reasoning comes back encrypted when `include` asks for it. */
  readonly encryptedReasoning: boolean
  /** The chain of thought must be sent back as readable text. */
  readonly replaysReasoningText: boolean
  /** Whether a message may say `phase`. */
  readonly phases: boolean
  /** What instructions in the middle are called. */
  readonly systemRole: 'developer' | 'system'
  /** Tool outputs may be lists with pictures and files; else pictures move to a user message. */
  readonly listOutputs: boolean
  /** The server fetches https addresses of pictures and files by itself. */
  readonly fetchesUrls: boolean
  /** Keeps the prompts of one `prompt_cache_key` together; elsewhere only a client's own key is sent. */
  readonly cacheKey: boolean
  /** Fewest tokens that `max_output_tokens` may say. */
  readonly minOutput: number
}

/** OpenAI's own server. */
export const openaiQuirks: ResponsesQuirks = {
  path: '/v1/responses',
  drop: [],
  extra: {},
  customTools: true,
  namespaces: true,
  typedTools: ['shell', 'local_shell', 'apply_patch'],
  serverTools: ['web_search', 'code', 'mcp', 'tool_search'],
  opaqueItems: true,
  compacts: true,
  allowedTools: true,
  encryptedReasoning: true,
  replaysReasoningText: false,
  phases: true,
  systemRole: 'developer',
  listOutputs: true,
  fetchesUrls: true,
  cacheKey: true,
  minOutput: 16,
}
