import { isEnvelope } from '../../model/envelope.ts'
import { fault, ok, type Result, refuse } from '../../model/fault.ts'
import { dropped, forgotten, type Loss } from '../../model/loss.ts'
import { isRecord } from '../../wire/json.ts'
import type { Edit, JsonPath } from '../../wire/splice.ts'
import type { ForwardEdits, Forwarding, IncomingRequest, Peek, Target } from '../dialect.ts'
import { outputLimit } from '../output-limit.ts'
import { type ChatQuirks, openaiQuirks } from './quirks.ts'
import { reading, recordOf, records, word } from './reading.ts'
import { texts } from './texts.ts'
import { seenIn, watcher } from './watcher.ts'

export const forwarding: Forwarding = {
  peek,
  edits,
  replyModel: ['model'],
  frameModel: [['model']],
  readReply: (body) => seenIn(body, { isWhole: true }),
  watcher,
  texts,
}

function peek({ body }: IncomingRequest): Result<Peek> {
  const to = reading()
  const model = to.text(body.model, 'model')
  if (!model) to.refuse('model', 'expected the name of a model.')
  const stream = to.flag(body.stream, 'stream') ?? false
  const maxOutput = outputLimit(body.max_completion_tokens, body.max_tokens)
  if (to.fault) return refuse(to.fault)
  if (!model) return refuse(fault('invalid', 'No model is named.', { param: 'model' }))
  return ok({ model, stream: stream ? 'sse' : false, ...(maxOutput !== undefined && { maxOutput }) })
}

type Body = Readonly<Record<string, unknown>>

/** The model's name, the usage chunk, our envelopes, and the few spellings that this server is known to refuse. */
function edits({ body }: IncomingRequest, target: Target): ForwardEdits {
  const quirks: ChatQuirks = { ...openaiQuirks, ...target.quirks }
  const isTurned = quirks.alwaysStreams && body.stream !== true
  const usage = askForUsage(isTurned ? { ...body, stream: true } : body, quirks)
  const envelopes = envelopeEdits(body)
  const refused = quirks.dropFields.filter((field) => body[field] !== undefined)
  return {
    edits: [
      { path: ['model'], value: target.model },
      ...(isTurned ? [{ path: ['stream'], value: true }] : []),
      ...usage.edits,
      ...spellingEdits(body, quirks, target),
      ...envelopes.edits,
      ...refused.map((field): Edit => ({ path: [field] })),
      ...missing(body, quirks.alwaysFields),
    ],
    lost: [...envelopes.lost, ...refused.map(dropped)],
    hideUsageChunk: usage.isOurs,
  }
}

function askForUsage(body: Body, { streamUsage, dropFields }: ChatQuirks): { edits: Edit[]; isOurs: boolean } {
  const isAsked = recordOf(body.stream_options).include_usage === true
  if (body.stream !== true || isAsked) return { edits: [], isOurs: false }
  if (streamUsage !== 'stream_options' || dropFields.includes('stream_options'))
    return { edits: [], isOurs: streamUsage === 'always' }
  const edit: Edit = isRecord(body.stream_options)
    ? { path: ['stream_options', 'include_usage'], value: true }
    : { path: ['stream_options'], value: { include_usage: true } }
  return { edits: [edit], isOurs: true }
}

/** `max_tokens` or its successor, whichever this server has; `developer` where it is unknown. */
function spellingEdits(body: Body, quirks: ChatQuirks, { capabilities }: Target): Edit[] {
  const found: Edit[] = []
  const [other, own] =
    quirks.maxTokensField === 'max_tokens'
      ? (['max_completion_tokens', 'max_tokens'] as const)
      : (['max_tokens', 'max_completion_tokens'] as const)
  // The older field is still taken by models that do not think.
  const isRefused = quirks.maxTokensField === 'max_tokens' || capabilities.thinks
  if (isRefused && typeof body[other] === 'number' && body[own] == null)
    found.push({ path: [other] }, { path: [own], value: body[other] })
  if (quirks.systemRole === 'system' && Array.isArray(body.messages))
    for (const [at, message] of body.messages.entries())
      if (recordOf(message).role === 'developer') found.push({ path: ['messages', at, 'role'], value: 'system' })
  return found
}

const missing = (body: Body, always: Readonly<Record<string, unknown>>): Edit[] =>
  Object.entries(always).flatMap(([field, value]) => (body[field] === undefined ? [{ path: [field], value }] : []))

/** Envelopes are ours alone: a vendor would refuse them as state it never gave. */
function envelopeEdits(body: Body): { edits: Edit[]; lost: Loss[] } {
  if (!Array.isArray(body.messages)) return { edits: [], lost: [] }
  const paths = body.messages.flatMap((message, at) => envelopePaths(recordOf(message), ['messages', at]))
  return { edits: paths.map((path) => ({ path })), lost: paths.length > 0 ? [forgotten('reasoning_details')] : [] }
}

function envelopePaths(message: Readonly<Record<string, unknown>>, at: JsonPath): JsonPath[] {
  return [
    ...listPaths(message.reasoning_details, [...at, 'reasoning_details']),
    ...listPaths(message.thinking_blocks, [...at, 'thinking_blocks']),
    ...callPaths(message.tool_calls, [...at, 'tool_calls']),
    ...(isSealed(message) ? [[...at, 'extra_content']] : []),
  ]
}

/** The list itself when nothing else is in it, or the entries. */
function listPaths(value: unknown, at: JsonPath): JsonPath[] {
  if (!Array.isArray(value)) return []
  const ours = value.flatMap((entry, index) => (holdsEnvelope(recordOf(entry)) ? [index] : []))
  return ours.length === value.length && ours.length > 0 ? [at] : ours.map((index) => [...at, index])
}

const holdsEnvelope = ({ data, signature }: Readonly<Record<string, unknown>>): boolean =>
  isEnvelope(word(data) ?? '') || isEnvelope(word(signature) ?? '')

const callPaths = (value: unknown, at: JsonPath): JsonPath[] =>
  records(value).length === 0 || !Array.isArray(value)
    ? []
    : value.flatMap((call, index) => (isSealed(recordOf(call)) ? [[...at, index, 'extra_content']] : []))

const isSealed = ({ extra_content }: Readonly<Record<string, unknown>>): boolean =>
  isEnvelope(word(recordOf(recordOf(extra_content).google).thought_signature) ?? '')
