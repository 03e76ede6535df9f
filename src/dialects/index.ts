import type { ClientFormat, DialectId, UpstreamFormat } from '../model/dialect.ts'
import { anthropicMessages } from './anthropic-messages/index.ts'
import { bedrockConverse } from './bedrock-converse/index.ts'
import type { ClientCodec, Dialect, UpstreamCodec } from './dialect.ts'
import { gemini } from './gemini/index.ts'
import { openaiChat } from './openai-chat/index.ts'
import { openaiCompletions } from './openai-completions/index.ts'
import { openaiResponses } from './openai-responses/index.ts'

/** The formats spoken on both sides. */
export const dialects: Record<DialectId, Dialect> = {
  'anthropic-messages': anthropicMessages,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  gemini,
}

export const clientCodecs: Record<ClientFormat, ClientCodec> = {
  'anthropic-messages': anthropicMessages.client,
  'openai-chat': openaiChat.client,
  'openai-responses': openaiResponses.client,
  gemini: gemini.client,
  'openai-completions': openaiCompletions,
}

export const upstreamCodecs: Record<UpstreamFormat, UpstreamCodec> = {
  'anthropic-messages': anthropicMessages.upstream,
  'openai-chat': openaiChat.upstream,
  'openai-responses': openaiResponses.upstream,
  gemini: gemini.upstream,
  'bedrock-converse': bedrockConverse,
}
