import { createHash } from 'node:crypto'
import { hasCacheMarks } from '../../model/cache-marks.ts'
import { ok, type Result, refuse } from '../../model/fault.ts'
import { dropped } from '../../model/loss.ts'
import type { ChatRequest } from '../../model/request.ts'
import { type NameRule, nameTools } from '../../model/tools/name.ts'
import { isVital } from '../../model/vital.ts'
import type { Target, Written } from '../dialect.ts'
import { writeMessages } from './messages-write.ts'
import { writeOutput } from './output-write.ts'
import type { ChatQuirks } from './quirks.ts'
import { writeSampling } from './sampling-write.ts'
import type { ChatMessage } from './shapes.ts'
import { writeTier } from './stop.ts'
import { writeThinking } from './thinking-write.ts'
import { writeTools } from './tools-write.ts'
import { type Writing, writing } from './writing.ts'

/** @see https://platform.openai.com/docs/api-reference/chat/create (tools.function.name) */
const nameRule: NameRule = { illegal: /[^a-zA-Z0-9_-]/g, max: 64 }

/** The body for an upstream of this format. Messages are written last: other fields may have become instructions. */
export function writeRequest(request: ChatRequest, target: Target<ChatQuirks>): Result<Written> {
  const names = nameTools(request, nameRule, !target.quirks.customTools)
  if (!names.ok) return names
  const into = writing(request, target, names.value)
  const thinking = writeThinking(into)
  const sampling = writeSampling(into, { isThinkingOff: thinking.isOff })
  const fields = {
    ...writeLimits(into),
    ...sampling.fields,
    ...thinking.fields,
    ...writeTools(into),
    ...writeOutput(into),
    ...writeIdentity(into),
    ...writeCache(into),
    ...writeStream(into),
  }
  const messages = writeMessages(into)
  const caching = writeCacheMode(into, messages)
  if (request.state?.background) into.refuse('answers in the background', 'background')
  const body = withoutDropped({ ...target.quirks.alwaysFields, ...nativeOf(into), ...fields, ...caching }, into)
  if (into.fault) return refuse(into.fault)
  const emulate = emulation(into, sampling.emulatedStop)
  return ok({
    body: { model: target.model, messages, ...body },
    lost: into.lost,
    tools: names.value.back,
    ...(emulate && { emulate }),
  })
}

function writeLimits({ request, quirks, target, change, drop }: Writing): Record<string, unknown> {
  if (request.maxToolCalls !== undefined) drop('max_tool_calls')
  if (request.maxOutput === undefined) return {}
  const most = target.capabilities.maxOutput ?? Number.POSITIVE_INFINITY
  if (request.maxOutput > most) change('max_tokens')
  return { [quirks.maxTokensField]: Math.min(request.maxOutput, most) }
}

/** OpenAI refuses longer identifiers. */
const END_USER_MAX = 128

function writeIdentity({ request, quirks, drop }: Writing): Record<string, unknown> {
  const { endUser, metadata } = request.identity
  const tier = request.tier && writeTier(request.tier)
  const isSpecial = request.tier !== undefined && request.tier !== 'auto' && request.tier !== 'standard'
  if (isSpecial && (tier === undefined || !quirks.serviceTier)) drop('service_tier')
  if (endUser !== undefined && quirks.endUser === 'none') drop('user')
  if (metadata && !quirks.metadata) drop('metadata')
  const store = request.format === 'openai-chat' ? request.state?.store : undefined
  if (store && !quirks.store) drop('store')
  return {
    ...(endUser !== undefined && quirks.endUser !== 'none' && { [quirks.endUser]: shortened(endUser) }),
    ...(metadata && quirks.metadata && { metadata }),
    ...(tier !== undefined && quirks.serviceTier && { service_tier: tier }),
    ...(store !== undefined && quirks.store && { store }),
  }
}

const shortened = (id: string): string =>
  id.length > END_USER_MAX ? createHash('sha256').update(id).digest('hex') : id

function writeCache(into: Writing): Record<string, unknown> {
  const { request, quirks, target, drop } = into
  const { auto, key, conversation } = request.cache ?? {}
  const takesMarks = quirks.cacheControl || (quirks.cacheBreakpoints && target.capabilities.cacheBreakpoints)
  if (key !== undefined && !quirks.cacheKey) drop('prompt_cache_key')
  if (auto || (!takesMarks && hasCacheMarks(request))) drop('cache_control')
  const told = quirks.cacheKey ? (key ?? conversation) : undefined
  return told === undefined ? {} : { prompt_cache_key: told }
}

/** Where breakpoints were written they alone count; said without one, it would switch the cache off. */
function writeCacheMode({ request }: Writing, messages: readonly ChatMessage[]): Record<string, unknown> {
  const isExplicit = messages.some(
    ({ content }) => Array.isArray(content) && content.some((part) => part.prompt_cache_breakpoint !== undefined),
  )
  return isExplicit && request.native.prompt_cache_options === undefined
    ? { prompt_cache_options: { mode: 'explicit' } }
    : {}
}

function writeStream({ request, quirks }: Writing): Record<string, unknown> {
  if (!request.stream && !quirks.alwaysStreams) return {}
  return { stream: true, ...(quirks.streamUsage === 'stream_options' && { stream_options: { include_usage: true } }) }
}

/** The client's form of functions has been read into tools. */
const readElsewhere = new Set(['functions', 'chat_template_kwargs'])

/** Fields of this format that we give no meaning go on to a server of this format; elsewhere they came from another one. */
function nativeOf({ request, drop, quirks, refuse }: Writing): Record<string, unknown> {
  const fields = Object.entries(request.native)
  if (request.format === 'openai-chat')
    return Object.fromEntries(
      fields.filter(
        ([field]) => !readElsewhere.has(field) || (field !== 'functions' && quirks.thinking.kind !== 'chat_template'),
      ),
    )
  for (const [field] of fields)
    if (isVital(request, field)) refuse(field, field)
    else drop(field)
  return {}
}

/** What this server refuses is taken out last, whoever said it. */
function withoutDropped(body: Record<string, unknown>, { quirks, lose }: Writing): Record<string, unknown> {
  const refused = quirks.dropFields.filter((field) => field in body)
  lose(refused.filter((field) => field !== 'stream_options').map(dropped))
  return Object.fromEntries(Object.entries(body).filter(([field]) => !refused.includes(field)))
}

function emulation({ request, quirks }: Writing, stop: readonly string[] | undefined): Written['emulate'] {
  const isEnum = request.output.format.kind === 'enum'
  const firstCallOnly = request.parallel === false && !quirks.parallelToolCalls && request.tools.length > 0
  if (!stop && !isEnum && !firstCallOnly) return undefined
  return { ...(stop && { stop }), ...(firstCallOnly && { firstCallOnly }), ...(isEnum && { textFromValue: true }) }
}
