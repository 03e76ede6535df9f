import type { UpstreamFormat } from '../../src/model/dialect.ts'
import type { Json } from '../support/formats/format.ts'

/** A request, taken apart as a vendor's prompt cache sees it. */
export interface Prompt {
  /**
   * Tools, instructions, then every message as its head and its parts, each serialised with its keys in their order: what
   * came before a new turn must begin it, byte by byte. Marks are taken out, for they move; a plain text counts as the one
   * part that it is.
   */
  readonly pieces: readonly string[]
  /** All other fields but how the answer is sent. They must not change either: many are part of the cache's key. */
  readonly settings: string
}

const readers: Record<UpstreamFormat, (body: Json) => Prompt> = {
  'anthropic-messages': ({ tools, system, messages, ...settings }) =>
    prompt([...(tools ?? []), ...partsIn(system), ...messages.flatMap(message)], settings),
  'openai-chat': ({ tools, messages, ...settings }) =>
    prompt([...(tools ?? []), ...messages.flatMap(message)], settings),
  'openai-responses': ({ tools, instructions, input, ...settings }) =>
    prompt([...(tools ?? []), instructions, ...input.flatMap(message)], settings),
  gemini: ({ tools, systemInstruction, contents, ...settings }) =>
    prompt([systemInstruction, ...(tools ?? []), ...contents.flatMap(message)], settings),
  'bedrock-converse': ({ toolConfig: { tools, ...choice } = {}, system, messages, ...settings }) =>
    prompt([...(tools ?? []), ...(system ?? []), ...messages.flatMap(message)], { ...settings, choice }),
}

export const promptOf = (format: UpstreamFormat, body: Json): Prompt => readers[format](body)

const prompt = (
  pieces: readonly unknown[],
  { stream: _stream, stream_options: _options, ...settings }: Json,
): Prompt => ({
  pieces: pieces.filter((piece) => !isMark(piece)).map(serialised),
  settings: serialised(settings),
})

/** A head without parts, then the parts, so that a message may grow at its end. */
function message({ content, parts, ...head }: Json): unknown[] {
  const said = partsIn(content ?? parts).filter((part) => !isMark(part))
  return [head, ...said.map((part) => ({ of: head.role, part }))]
}

/** A plain text is one part, whatever the format calls it. */
function partsIn(content: unknown): unknown[] {
  if (content === undefined || content === null) return []
  if (!Array.isArray(content)) return [{ text: content }]
  return content.map((part: Json) => (typeof part.text === 'string' ? withoutType(part) : part))
}

const withoutType = ({ type: _type, ...part }: Json): Json => part

const marks = new Set(['cache_control', 'prompt_cache_breakpoint'])

const serialised = (value: unknown): string =>
  JSON.stringify(value, (name, inner: unknown) => (marks.has(name) ? undefined : inner)) ?? ''

/** Converse has marks for parts of their own. */
const isMark = (part: unknown): boolean => typeof part === 'object' && part !== null && 'cachePoint' in part
