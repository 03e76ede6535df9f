/** The four chat wire formats that clients and upstreams speak. */
export const dialectIds = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini'] as const

/** A chat wire format that is spoken on both sides. */
export type DialectId = (typeof dialectIds)[number]

/** A format that a client may use: the four, and the legacy text completions that are answered by chat models. */
export type ClientFormat = DialectId | 'openai-completions'

/** A format that an upstream may be asked in: the four, and Bedrock's Converse. */
export type UpstreamFormat = DialectId | 'bedrock-converse'
