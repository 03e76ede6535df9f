import type { ClientFormat } from './dialect.ts'
import type { ChatRequest, OpaqueTool } from './request.ts'

/**
 * Fields that no other format has and without which the answer would be another: what the vendor keeps or inserts by
 * itself. Everything else that only its own format knows may be lost by name.
 */
const vital: Partial<Record<ClientFormat, ReadonlySet<string>>> = {
  'anthropic-messages': new Set(['container', 'thread']),
  'openai-responses': new Set(['conversation', 'prompt']),
  gemini: new Set(['cachedContent']),
}

/** Whether a request for another format must be refused for this native field. */
export const isVital = ({ format, native }: ChatRequest, field: string): boolean =>
  native[field] !== null && (vital[format]?.has(field) ?? false)

/** Built-in tools of Gemini that the answer is about. Its others (maps, enterprise search) are offers that a model may ignore. */
const vitalOfGemini = /^(?:file_?search|computer_?use)$/i

/** Whether a request with this tool must be refused where only its own format has it. */
export const isVitalTool = ({ dialect, type }: OpaqueTool): boolean => dialect !== 'gemini' || vitalOfGemini.test(type)
