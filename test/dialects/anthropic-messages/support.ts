import { anthropicMessages } from '../../../src/dialects/anthropic-messages/index.ts'
import type { AnthropicQuirks } from '../../../src/dialects/anthropic-messages/quirks.ts'
import type { ReadContext, Target, WriteContext, Written } from '../../../src/dialects/dialect.ts'
import { anyModel, type Capabilities } from '../../../src/model/capability.ts'
import type { ChatEvent } from '../../../src/model/event.ts'
import type { Fault, Result } from '../../../src/model/fault.ts'
import { fold, type Reply } from '../../../src/model/reply.ts'
import type { ChatRequest } from '../../../src/model/request.ts'
import { sseReader } from '../../../src/wire/sse.ts'

export const { client, upstream, forwarding } = anthropicMessages

export const resultOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`refused: ${result.fault.message}`)
  return result.value
}

export const faultOf = (result: Result<unknown>): Fault => {
  if (result.ok) throw new Error('was not refused')
  return result.fault
}

/** A model of the newest kind but for what a case says. */
export const modelWith = (some: Partial<Capabilities> = {}): Capabilities => ({ ...anyModel, ...some })

export const targetWith = (
  some: Partial<Capabilities> = {},
  quirks: Partial<AnthropicQuirks> = {},
): Target<AnthropicQuirks> => ({
  model: 'upstream-model',
  capabilities: modelWith(some),
  quirks: { ...upstream.quirks, ...quirks },
})

/** A request of another format's client, as its reader would give it. */
export const askedBy = (format: ChatRequest['format'], some: Partial<ChatRequest> = {}): ChatRequest => ({
  format,
  model: 'asked-model',
  stream: false,
  system: [],
  turns: [{ role: 'user', parts: [{ kind: 'text', text: 'Hi' }] }],
  tools: [],
  sampling: {},
  thinking: { mode: 'default' },
  output: { format: { kind: 'text' } },
  identity: {},
  native: {},
  lost: [],
  ...some,
})

export const readBody = (body: Record<string, unknown>): Result<ChatRequest> =>
  client.readRequest({ body, headers: {} })

export const minimal = { model: 'asked-model', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }

export const write = (request: ChatRequest, target = targetWith()): Written =>
  resultOf(upstream.writeRequest(request, target))

export const lostBy = ({ lost }: Written): string[] => lost.map(({ field, how }) => `${how} ${field}`)

export function writeContext(): WriteContext {
  let next = 0
  return { requestId: 'req_1', newId: () => `new${++next}`, nowSeconds: 1, inputEstimate: 77 }
}

export function readContext(): ReadContext<AnthropicQuirks> {
  let next = 0
  return { target: targetWith(), newId: () => `new${++next}` }
}

/** The events of a stream's bytes, cut into the given pieces. */
export function eventsOf(pieces: readonly Uint8Array[]): ChatEvent[] {
  const frames = sseReader()
  const reader = upstream.eventReader(readContext())
  const events = pieces.flatMap((piece) => [...frames.push(piece)].flatMap((frame) => reader.push(frame)))
  return [...events, ...reader.end()]
}

export function replyOf(events: Iterable<ChatEvent>): Reply {
  const folded = fold(events)
  if (!folded.ok) throw new Error(`broke off: ${folded.fault.message}`)
  return folded.reply
}

/** The client's stream of these events. */
export function streamOf(events: Iterable<ChatEvent>, ask: ChatRequest = askedBy('anthropic-messages')): string {
  const writer = client.eventWriter(ask, writeContext())
  return [...events].map((event) => writer.push(event)).join('')
}

/** The payloads of a stream, and that each frame's name is its payload's type. */
export function payloadsOf(stream: string): Record<string, unknown>[] {
  return stream
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const match = /^event: (\w+)\ndata: (.*)$/.exec(frame)
      const payload: Record<string, unknown> = JSON.parse(match?.[2] ?? '{}')
      if (payload.type !== match?.[1]) throw new Error(`a frame without its name: ${frame}`)
      return payload
    })
}
