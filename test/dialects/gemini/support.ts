import type { ReadContext, Target, WriteContext } from '../../../src/dialects/dialect.ts'
import { gemini } from '../../../src/dialects/gemini/index.ts'
import { type GeminiQuirks, geminiQuirks } from '../../../src/dialects/gemini/quirks.ts'
import { anyModel, type Capabilities } from '../../../src/model/capability.ts'
import type { ChatEvent } from '../../../src/model/event.ts'
import type { Part, Seal, TextPart } from '../../../src/model/part.ts'
import type { ChatRequest, StreamForm, Turn } from '../../../src/model/request.ts'
import { sseReader } from '../../../src/wire/sse.ts'

/** A Gemini 3 model: signs its calls, thinks by level. */
export const gemini3: Partial<Capabilities> = {
  thinks: true,
  efforts: ['low', 'medium', 'high'],
  signsCalls: true,
  maxOutput: 65_536,
}

/** A Gemini 2.5 model: thinks by budget, takes no functions beside built-in tools or JSON output. */
export const gemini25: Partial<Capabilities> = {
  thinks: true,
  efforts: [],
  budget: { min: 128, max: 32_768, canBeOff: false },
  schemaWithTools: false,
  maxOutput: 65_536,
}

export const target = (
  capabilities: Partial<Capabilities> = {},
  quirks: Partial<GeminiQuirks> = {},
): Target<GeminiQuirks> => ({
  model: 'gemini-x',
  capabilities: { ...anyModel, ...capabilities },
  quirks: { ...geminiQuirks, ...quirks },
})

export function readContext(): ReadContext<GeminiQuirks> {
  let count = 0
  return { target: target(), newId: () => `id${++count}` }
}

export const writeContext: WriteContext = {
  requestId: 'req_1',
  newId: () => 'r1',
  nowSeconds: 1_700_000_000,
  inputEstimate: 7,
}

/** A request that says nothing but what is given. */
export const ask = (more: Partial<ChatRequest> = {}): ChatRequest => ({
  format: 'anthropic-messages',
  model: 'm',
  stream: false,
  system: [],
  turns: [user('Hi')],
  tools: [],
  sampling: {},
  thinking: { mode: 'default' },
  output: { format: { kind: 'text' } },
  identity: {},
  native: {},
  lost: [],
  ...more,
})

export const text = (words: string): TextPart => ({ kind: 'text', text: words })
export const seal = (data: string): Seal => ({ dialect: 'gemini', kind: 'thought', data })

const parts = (said: readonly (string | Part)[]): readonly Part[] =>
  said.map((part) => (typeof part === 'string' ? text(part) : part))

export const user = (...said: (string | Part)[]): Turn => ({ role: 'user', parts: parts(said) })
export const model = (...said: (string | Part)[]): Turn => ({ role: 'assistant', parts: parts(said) })

export const call = (id: string, name = 'get_w', args = '{}'): Part => ({
  kind: 'tool_call',
  id,
  name,
  tool: { flavor: 'function' },
  arguments: args,
})

export const result = (id: string, said: string | readonly Part[], isError = false): Part => ({
  kind: 'tool_result',
  id,
  tool: { flavor: 'function' },
  parts: typeof said === 'string' ? [text(said)] : said,
  ...(isError && { isError }),
})

/** What the reader makes of a body that came by its path. */
export const read = (body: Record<string, unknown>, stream: StreamForm = false) =>
  gemini.client.readRequest({ body, headers: {}, path: { model: 'm', stream } })

/** The events of a stream of bytes, cut as given. */
export function eventsOf(pieces: readonly Uint8Array[]): ChatEvent[] {
  const frames = sseReader()
  const reader = gemini.upstream.eventReader(readContext())
  const events = pieces.flatMap((piece) => frames.push(piece).flatMap((frame) => reader.push(frame)))
  return [...events, ...frames.end().flatMap((frame) => reader.push(frame)), ...reader.end()]
}

export const stream = (chunks: readonly unknown[]): Uint8Array =>
  Buffer.from(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join(''))

/** A chunk with these parts, and what else stands beside them. */
export const chunk = (
  said: readonly unknown[],
  candidate: object = {},
  more: object = {},
): Record<string, unknown> => ({
  candidates: [{ content: { role: 'model', parts: said }, index: 0, ...candidate }],
  modelVersion: 'gemini-x',
  responseId: 'resp',
  ...more,
})
