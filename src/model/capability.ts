import type { Effort } from './request.ts'

/**
 * What one model accepts, as far as a writer must know to ask it without a 400. The table of known models is
 * `providers/models.ts`; a model nobody has heard of gets `anyModel`.
 */
export interface Capabilities {
  /** The model thinks before it answers, always or when told to. */
  readonly thinks: boolean
  /** Levels accepted, in rising order; empty: no such control. `none` among them: thinking can be switched off by effort. */
  readonly efforts: readonly Effort[]
  /** Forms of Anthropic's `thinking` that are accepted. */
  readonly thinkingForms: readonly ('enabled' | 'adaptive' | 'disabled' | 'between_tools')[]
  /** Tokens; models whose thinking takes a number. `canBeOff`: 0 is accepted. */
  readonly budget?: { readonly min: number; readonly max: number; readonly canBeOff: boolean }
  /** Anthropic: without `display`, thoughts come back empty, so ask for `summarized`. */
  readonly hidesThoughts: boolean
  /** Temperature and the like: `unless_thinking` models take them with effort `none` only. */
  readonly sampling: 'yes' | 'unless_thinking' | 'no'
  readonly stopSequences: boolean
  /** Most tokens of output, thinking included. */
  readonly maxOutput?: number
  /** An assistant turn at the end is continued. */
  readonly prefill: boolean
  /** `tool_choice` that forces a call is accepted. */
  readonly forcedTools: boolean
  /** Function tools at all. */
  readonly tools: boolean
  /** `role: "system"` in the middle of the turns (Anthropic). */
  readonly systemTurns: boolean
  /** Output that obeys a JSON schema. */
  readonly schemaOutput: boolean
  /** Schema output together with function tools, built-in tools together with functions (Gemini ≥ 3). */
  readonly schemaWithTools: boolean
  /** Function tools cannot be asked with thinking on through Chat Completions (gpt-5.6, gpt-6): Responses can. */
  readonly toolsNeedResponses: boolean
  /** Served by the Responses API alone. */
  readonly responsesOnly: boolean
  /** Gemini ≥ 3: every step's first call must carry a thought signature, and results may hold pictures. */
  readonly signsCalls: boolean
  /** OpenAI gpt-5.6 and later take explicit cache breakpoints. */
  readonly cacheBreakpoints: boolean
}

/** The assumptions about a model that no table knows: let it try. */
export const anyModel: Capabilities = {
  thinks: false,
  efforts: ['minimal', 'low', 'medium', 'high'],
  thinkingForms: ['enabled', 'adaptive', 'disabled'],
  hidesThoughts: false,
  sampling: 'yes',
  stopSequences: true,
  prefill: true,
  forcedTools: true,
  tools: true,
  systemTurns: false,
  schemaOutput: true,
  schemaWithTools: true,
  toolsNeedResponses: false,
  responsesOnly: false,
  signsCalls: false,
  cacheBreakpoints: false,
}
