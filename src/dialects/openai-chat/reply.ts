import type { Result } from '../../model/fault.ts'
import { ok, refuse } from '../../model/fault.ts'
import { fold, type Reply, tell } from '../../model/reply.ts'
import type { ChatRequest } from '../../model/request.ts'
import type { ReadContext, WriteContext } from '../dialect.ts'
import { answerHead, answerWriter, type Line } from './answer-write.ts'
import { answerReader } from './events-read.ts'
import type { ChatQuirks } from './quirks.ts'
import type { ChatDelta, FinishReason, ToolCallDelta } from './shapes.ts'
import { playable } from './spoken.ts'
import { writeTier } from './stop.ts'
import { writeUsage } from './usage.ts'

/** A whole answer is read as a stream of one chunk, so that both ways mean the same. */
export function readReply(body: unknown, context: ReadContext<ChatQuirks>): Result<Reply> {
  const answer = answerReader(context)
  const folded = fold([...answer.push(body), ...answer.done()])
  return folded.ok ? ok(folded.reply) : refuse(folded.fault)
}

/** A whole answer is written by laying the deltas of its stream together. */
export function writeReply(reply: Reply, ask: ChatRequest, context: WriteContext): Record<string, unknown> {
  const answer = answerWriter(ask)
  const choices: Gathered[] = []
  const gather = (lines: readonly Line[]): void => {
    for (const line of lines) addLine((choices[line.at] ??= { message: {}, logprobs: [] }), line)
  }
  for (const event of tell({ ...reply, parts: playable(reply.parts, ask) })) {
    if (event.type === 'open' || event.type === 'delta' || event.type === 'close') gather(answer.part(event))
    if (event.type === 'stop') gather(answer.stop(event))
  }
  const tier = reply.tier && writeTier(reply.tier)
  const { id, created, model } = answerHead(
    { type: 'start', ...(reply.id !== undefined && { id: reply.id }) },
    ask,
    context,
  )
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: choices.map(choice),
    usage: writeUsage(reply.usage),
    ...(tier !== undefined && { service_tier: tier }),
  }
}

interface Gathered {
  readonly message: ChatDelta
  readonly logprobs: unknown[]
  finish?: FinishReason
}

function addLine(into: Gathered, { delta, logprobs, finish }: Line): void {
  addDelta(into.message, delta)
  into.logprobs.push(...(logprobs?.content ?? []))
  if (finish) into.finish = finish
}

const texts = ['content', 'reasoning_content', 'refusal'] as const

function addDelta(message: ChatDelta, delta: ChatDelta): void {
  for (const field of texts) if (delta[field]) message[field] = (message[field] ?? '') + delta[field]
  if (delta.reasoning_details)
    message.reasoning_details = [...(message.reasoning_details ?? []), ...delta.reasoning_details]
  if (delta.images) message.images = [...(message.images ?? []), ...delta.images]
  if (delta.annotations) message.annotations = [...(message.annotations ?? []), ...delta.annotations]
  if (delta.audio) message.audio = joined(message.audio ?? {}, delta.audio)
  if (delta.function_call) message.function_call = joined(message.function_call ?? {}, delta.function_call)
  for (const call of delta.tool_calls ?? []) addCall((message.tool_calls ??= []), call)
}

function addCall(calls: ToolCallDelta[], { index, function: called, custom, ...head }: ToolCallDelta): void {
  const call = { ...(calls[index] ?? { index }), ...head }
  if (called) call.function = joined(call.function ?? {}, called)
  if (custom) call.custom = joined(call.custom ?? {}, custom)
  calls[index] = call
}

/** Fields of texts that are said in pieces. */
const joined = <T extends object>(before: T, more: T): T => {
  const out: Record<string, unknown> = Object.fromEntries(Object.entries(before))
  for (const [field, text] of Object.entries(more)) out[field] = (out[field] ?? '') + text
  // The same fields with the same types: strings joined with strings.
  return out as T
}

function choice({ message, logprobs, finish }: Gathered, index: number): Record<string, unknown> {
  const { content, refusal, annotations, tool_calls, audio, ...more } = message
  const hasOther = tool_calls !== undefined || more.function_call !== undefined || refusal || audio
  return {
    index,
    message: {
      role: 'assistant',
      content: content ?? (hasOther ? null : ''),
      refusal: refusal ?? null,
      annotations: annotations ?? [],
      ...more,
      ...(tool_calls && { tool_calls: tool_calls.map(({ index: _index, ...call }) => call) }),
      ...(audio && { audio: { id: '', data: '', transcript: '', expires_at: 0, ...audio } }),
    },
    logprobs: logprobs.length > 0 ? { content: logprobs, refusal: null } : null,
    finish_reason: finish ?? 'stop',
  }
}
