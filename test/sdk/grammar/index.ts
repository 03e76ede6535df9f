import type { DialectId } from '../../../src/model/dialect.ts'
import { anthropicProblems } from './anthropic-messages.ts'
import { geminiProblems } from './gemini.ts'
import { chatProblems } from './openai-chat.ts'
import { responsesProblems } from './openai-responses.ts'

/** What a whole stream breaks of its format's grammar, in words; written apart from the dialects, so as to judge them. */
export const grammar: Record<DialectId, (text: string) => string[]> = {
  'anthropic-messages': anthropicProblems,
  'openai-chat': chatProblems,
  'openai-responses': responsesProblems,
  gemini: geminiProblems,
}
