/** What one model takes of what Converse can say; it refuses the rest. */
export interface ModelTraits {
  /**
   * Where thinking is switched, below `additionalModelRequestFields`. `thinking`: Anthropic's fields. `reasoning_effort`: OpenAI's.
   * `reasoningConfig`: `{type, maxReasoningEffort}`. `none`: nothing switches it.
   */
  readonly thinking: 'thinking' | 'reasoning_effort' | 'reasoningConfig' | 'none'
  /** `cachePoint` blocks. */
  readonly cachePoints: boolean
  /** `outputConfig.textFormat` with a JSON schema. */
  readonly schemaOutput: boolean
  /** `toolChoice` that forces a call. */
  readonly forcedTools: boolean
}

/** Converse is one format for the models of many makers: what a model takes is the provider's to know. */
export interface ConverseQuirks {
  /** Place breakpoints for clients whose format knows none, on models that take them. Channels can switch it off. */
  readonly autoCache: boolean
  readonly traits: (model: string) => ModelTraits
}

/** What every model takes. */
export const plainTraits: ModelTraits = { thinking: 'none', cachePoints: false, schemaOutput: false, forcedTools: true }

export const converseQuirks: ConverseQuirks = { autoCache: true, traits: () => plainTraits }
