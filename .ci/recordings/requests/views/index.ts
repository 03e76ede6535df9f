import type { DialectId } from '../../../../src/model/dialect.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { gemini } from './gemini.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiResponses } from './openai-responses.ts'
import type { RequestReader } from './view.ts'

/** Readers of requests that know nothing of the product's own. */
export const readers: Record<DialectId, RequestReader> = {
  'anthropic-messages': anthropicMessages,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  gemini,
}
