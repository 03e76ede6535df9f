/**
 * The wire types, as far as they are used. Readers take nothing for granted and look at `Message`s instead;
 * these are what the writers write.
 * @see https://ai.google.dev/api/generate-content
 */

/**
 * What stands for the signature of a call that another model made; the vendor then does not check it.
 * @see https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export const standIn = 'skip_thought_signature_validator'

/** One piece of a turn. */
export interface WirePart {
  readonly text?: string
  /** The text is a summary of thoughts. */
  readonly thought?: boolean
  /** Base64 in the standard alphabet: a bytes field refuses anything else. */
  readonly thoughtSignature?: string
  readonly inlineData?: WireBlob
  readonly fileData?: { readonly fileUri: string; readonly mimeType?: string }
  readonly functionCall?: WireCall
  readonly functionResponse?: WireResponse
  readonly executableCode?: { readonly language: string; readonly code: string; readonly id?: string }
  readonly codeExecutionResult?: { readonly outcome: string; readonly output?: string; readonly id?: string }
  readonly videoMetadata?: { readonly startOffset?: string; readonly endOffset?: string; readonly fps?: number }
  readonly mediaResolution?: { readonly level: string }
}

export interface WireBlob {
  readonly mimeType: string
  /** Base64. */
  readonly data: string
}

export interface WireCall {
  readonly id?: string
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
}

export interface WireResponse {
  readonly id?: string
  readonly name: string
  /** Must be an object: a bare string is refused. */
  readonly response: Readonly<Record<string, unknown>>
  /** Pictures and documents; Gemini 3 and later. */
  readonly parts?: readonly WirePart[]
}

export interface WireContent {
  readonly role: 'user' | 'model'
  readonly parts: readonly WirePart[]
}

/** One of several answers. */
export interface WireCandidate {
  readonly content: WireContent
  readonly finishReason?: string
  readonly finishMessage?: string
  readonly index: number
  readonly groundingMetadata?: Readonly<Record<string, unknown>>
  readonly logprobsResult?: WireLogprobs
}

export interface WireLogprobs {
  readonly chosenCandidates: readonly WireLogprob[]
  readonly topCandidates?: readonly { readonly candidates: readonly WireLogprob[] }[]
}

export interface WireLogprob {
  readonly token: string
  readonly logProbability: number
}

/** `promptTokenCount` holds the cached ones; `candidatesTokenCount` leaves the thoughts out. */
export interface WireUsage {
  readonly promptTokenCount: number
  readonly cachedContentTokenCount?: number
  readonly candidatesTokenCount: number
  readonly thoughtsTokenCount?: number
  readonly totalTokenCount: number
  readonly promptTokensDetails?: readonly WireModality[]
  readonly candidatesTokensDetails?: readonly WireModality[]
  readonly trafficType?: string
}

export interface WireModality {
  readonly modality: string
  readonly tokenCount: number
}

/** A unary answer, or one chunk of a stream. */
export interface WireAnswer {
  readonly candidates: readonly WireCandidate[]
  readonly usageMetadata?: WireUsage
  readonly modelVersion: string
  readonly responseId: string
}

export interface WireFunction {
  readonly name: string
  readonly description: string
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly parametersJsonSchema?: Readonly<Record<string, unknown>>
}
