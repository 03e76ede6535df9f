import { type ClientFormat, type DialectId, dialectIds, type UpstreamFormat } from '../model/dialect.ts'

type Names = Readonly<Partial<Record<DialectId, string>>>

const names = (anthropic?: string, chat?: string, responses?: string, gemini?: string): Names => ({
  ...(anthropic && { 'anthropic-messages': anthropic }),
  ...(chat && { 'openai-chat': chat }),
  ...(responses && { 'openai-responses': responses }),
  ...(gemini && { gemini }),
})

/** One row an idea: the body's field for it in each format. The first row that fits is taken. */
const ideas: readonly Names[] = [
  names('max_tokens', 'max_completion_tokens', 'max_output_tokens', 'generationConfig.maxOutputTokens'),
  names('max_tokens', 'max_tokens', 'max_output_tokens', 'generationConfig.maxOutputTokens'),
  names('messages', 'messages', 'input', 'contents'),
  names('system', 'messages', 'instructions', 'systemInstruction'),
  names('thinking', 'reasoning_effort', 'reasoning', 'generationConfig.thinkingConfig'),
  names('output_config.format', 'response_format', 'text.format', 'generationConfig.responseJsonSchema'),
  names('temperature', 'temperature', 'temperature', 'generationConfig.temperature'),
  names('top_p', 'top_p', 'top_p', 'generationConfig.topP'),
  names('top_k', undefined, undefined, 'generationConfig.topK'),
  names('stop_sequences', 'stop', undefined, 'generationConfig.stopSequences'),
  names('tool_choice', 'tool_choice', 'tool_choice', 'toolConfig'),
  names('tools', 'tools', 'tools', 'tools'),
]

/**
 * The client's field for the one that an upstream of another format finds fault with (`max_completion_tokens` is Anthropic's
 * `max_tokens`). The place inside a field is left out, because it differs. A name in no row stays; undefined: the client's
 * format has no such field.
 */
export function clientField(param: string, from: UpstreamFormat, to: ClientFormat): string | undefined {
  if (from === to || !isDialect(from) || !isDialect(to)) return param
  const idea = ideas.find((row) => isWithin(param, row[from]))
  return idea ? idea[to] : param
}

const isDialect = (format: string): format is DialectId => dialectIds.some((id) => id === format)

const isWithin = (param: string, field: string | undefined): boolean =>
  field !== undefined && (param === field || (param.startsWith(field) && /[.[]/.test(param.charAt(field.length))))
