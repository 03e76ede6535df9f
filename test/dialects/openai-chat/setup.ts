import type { ReadContext, Target, WriteContext } from '../../../src/dialects/dialect.ts'
import { type ChatQuirks, openaiChat, openaiQuirks } from '../../../src/dialects/openai-chat/index.ts'
import { anyModel, type Capabilities } from '../../../src/model/capability.ts'
import type { ChatEvent } from '../../../src/model/event.ts'
import { type Folded, fold } from '../../../src/model/reply.ts'
import type { ChatRequest } from '../../../src/model/request.ts'
import { sequential } from '../../../src/model/stream/sequential.ts'
import { sseReader } from '../../../src/wire/sse.ts'

export const target = (
  quirks: Partial<ChatQuirks> = {},
  capabilities: Partial<Capabilities> = {},
): Target<ChatQuirks> => ({
  model: 'up',
  quirks: { ...openaiQuirks, ...quirks },
  capabilities: { ...anyModel, ...capabilities },
})

/** Fresh ids count up, so that they can be foretold. */
export function readContext(quirks: Partial<ChatQuirks> = {}): ReadContext<ChatQuirks> {
  let next = 0
  return { target: target(quirks), newId: () => `new${next++}` }
}

export function writeContext(): WriteContext {
  let next = 0
  return { requestId: 'req', newId: () => `id${next++}`, nowSeconds: 1_700_000_000, inputEstimate: 1 }
}

/** A request as the client's reader makes it; the test fails when it is refused. */
export function ask(body: Record<string, unknown> = {}): ChatRequest {
  const read = openaiChat.client.readRequest({
    body: { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body },
    headers: {},
  })
  if (!read.ok) throw new Error(read.fault.message)
  return read.value
}

/** All events of a stream, one part after another, as writers see them. */
export function readFrames(
  frames: readonly string[],
  { quirks = {}, isClosed = true }: { quirks?: Partial<ChatQuirks>; isClosed?: boolean } = {},
): ChatEvent[] {
  const reader = openaiChat.upstream.eventReader(readContext(quirks))
  const ordered = sequential()
  const raw = [...frames.flatMap((data) => reader.push({ data })), ...(isClosed ? reader.end() : [])]
  return raw.flatMap((event) => ordered.push(event))
}

export const foldFrames = (frames: readonly string[], quirks: Partial<ChatQuirks> = {}): Folded =>
  fold(readFrames(frames, { quirks }))

/** A frame with one delta of the first choice. */
export const delta = (more: Record<string, unknown>, choice: Record<string, unknown> = {}): string =>
  JSON.stringify({ id: 'c1', model: 'up', choices: [{ index: 0, delta: more, ...choice }] })

export const finish = (reason: string, more: Record<string, unknown> = {}): string =>
  JSON.stringify({ id: 'c1', model: 'up', choices: [{ index: 0, delta: {}, finish_reason: reason }], ...more })

export const done = '[DONE]'

/** The payloads of an SSE text. */
export function payloads(text: string): string[] {
  const reader = sseReader()
  return [...reader.push(Buffer.from(text)), ...reader.end()].map((frame) => frame.data)
}

/** Everything that a writer sends for these events. */
export function written(events: Iterable<ChatEvent>, request: ChatRequest): string {
  const writer = openaiChat.client.eventWriter(request, writeContext())
  return [...events].map((event) => writer.push(event)).join('')
}
