import type { ReadContext, Target, WriteContext, Written } from '../../../src/dialects/dialect.ts'
import { openaiResponses, type ResponsesQuirks } from '../../../src/dialects/openai-responses/index.ts'
import { anyModel, type Capabilities } from '../../../src/model/capability.ts'
import type { ChatEvent } from '../../../src/model/event.ts'
import type { Fault, Result } from '../../../src/model/fault.ts'
import type { Part } from '../../../src/model/part.ts'
import { type Folded, fold, type Reply } from '../../../src/model/reply.ts'
import type { ChatRequest, Turn } from '../../../src/model/request.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { sseReader } from '../../../src/wire/sse.ts'

export const { client, upstream, forwarding } = openaiResponses

export const given = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`refused: ${result.fault.message}`)
  return result.value
}

export const faultOf = (result: Result<unknown>): Fault => {
  if (result.ok) throw new Error('was not refused')
  return result.fault
}

export type Body = Record<string, unknown>

export const readBody = (body: Body): Result<ChatRequest> => client.readRequest({ body, headers: {} })

/** A request of this format's client with the given fields. */
export const asked = (body: Body = {}): ChatRequest => given(readBody({ model: 'asked-model', input: 'Hi', ...body }))

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

/** A request whose history holds these turns, asked by a client of Anthropic's format. */
export const withTurns = (...turns: Turn[]): ChatRequest => askedBy('anthropic-messages', { turns })

export const targetWith = (
  capabilities: Partial<Capabilities> = {},
  quirks: Partial<ResponsesQuirks> = {},
): Target<ResponsesQuirks> => ({
  model: 'upstream-model',
  capabilities: { ...anyModel, ...capabilities },
  quirks: { ...upstream.quirks, ...quirks },
})

export const write = (request: ChatRequest, target = targetWith()): Written =>
  given(upstream.writeRequest(request, target))

export const inputOf = (request: ChatRequest, target = targetWith()): unknown => write(request, target).body.input

export const lostBy = ({ lost }: Written): string[] => lost.map(({ field, how }) => `${how} ${field}`)

function counter(): () => string {
  let next = 0
  return () => `new${++next}`
}

export const writeContext = (): WriteContext => ({
  requestId: 'req_1',
  newId: counter(),
  nowSeconds: 1000,
  inputEstimate: 77,
})

export const readContext = (): ReadContext<ResponsesQuirks> => ({ target: targetWith(), newId: counter() })

/** A reply of these parts. */
export const replyWith = (...parts: Part[]): Reply => ({ parts, stop: { reason: 'end' }, usage: usageOf({}) })

export const readWhole = (body: unknown): Reply => given(upstream.readReply(body, readContext()))

/** The events of these payloads, each one frame. */
export function eventsOf(payloads: readonly Body[]): ChatEvent[] {
  const reader = upstream.eventReader(readContext())
  const events = payloads.flatMap((payload) =>
    reader.push({ ...(typeof payload.type === 'string' && { event: payload.type }), data: JSON.stringify(payload) }),
  )
  return [...events, ...reader.end()]
}

export const foldedOf = (payloads: readonly Body[]): Folded => fold(eventsOf(payloads))

export function streamedReply(payloads: readonly Body[]): Reply {
  const folded = foldedOf(payloads)
  if (!folded.ok) throw new Error(`broke off: ${folded.fault.message}`)
  return folded.reply
}

/** The client's stream of these events. */
export function streamOf(events: Iterable<ChatEvent>, ask: ChatRequest = asked()): string {
  const writer = client.eventWriter(ask, writeContext())
  return [...events].map((event) => writer.push(event)).join('')
}

/** The payloads of a stream; each frame's name must be its payload's type. */
export function payloadsOf(stream: string): Body[] {
  const reader = sseReader()
  return [...reader.push(Buffer.from(stream)), ...reader.end()].map((frame) => {
    const payload: Body = JSON.parse(frame.data)
    if (payload.type !== frame.event) throw new Error(`a frame without its name: ${frame.data}`)
    return payload
  })
}
