/**
 * The wire types of Converse, as far as they are written. Each block and source has exactly one member.
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
export interface WireRequest {
  messages: WireMessage[]
  system?: WireSystem[]
  inferenceConfig?: WireInference
  toolConfig?: WireToolConfig
  additionalModelRequestFields?: Record<string, unknown>
  /** JSON pointers into the model's own answer. */
  additionalModelResponseFieldPaths?: string[]
  outputConfig?: { textFormat: { type: 'json_schema'; structure: { jsonSchema: WireSchemaOutput } } }
  serviceTier?: { type: string }
}

export interface WireMessage {
  role: 'user' | 'assistant'
  content: WireBlock[]
}

export type WireBlock =
  | { text: string }
  | { image: WireMedia }
  | { document: WireDocument }
  | { audio: WireMedia }
  | { video: WireMedia }
  | { toolUse: { toolUseId: string; name: string; input: Record<string, unknown> } }
  | { toolResult: { toolUseId: string; content: WireBlock[]; status?: 'error' } }
  | { reasoningContent: { reasoningText: { text: string; signature: string } } | { redactedContent: string } }
  | WireCachePoint

export interface WireCachePoint {
  cachePoint: { type: 'default'; ttl?: '1h' }
}

export type WireSystem = { text: string } | WireCachePoint

export interface WireMedia {
  format: string
  source: WireSource
}

/** `bytes` is base64. */
export type WireSource = { bytes: string } | { text: string } | { s3Location: { uri: string } }

export interface WireDocument extends WireMedia {
  /** Letters, digits, single spaces, hyphens, parentheses and brackets; no two documents of one request share it. */
  name: string
  context?: string
  citations?: { enabled: true }
}

export interface WireInference {
  maxTokens?: number
  temperature?: number
  topP?: number
  stopSequences?: string[]
}

export interface WireToolConfig {
  tools: (WireTool | WireCachePoint)[]
  toolChoice?: { any: Record<string, never> } | { tool: { name: string } }
}

export interface WireTool {
  toolSpec: { name: string; description?: string; inputSchema: { json: Record<string, unknown> } }
}

export interface WireSchemaOutput {
  /** The schema as JSON text. */
  schema: string
  name: string
  description?: string
}
