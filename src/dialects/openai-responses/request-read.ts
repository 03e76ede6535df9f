import { ok, type Result, refuse } from '../../model/fault.ts'
import {
  type ChatRequest,
  efforts,
  type Identity,
  type OutputFormat,
  type Sampling,
  type State,
  type ThinkingControl,
} from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import type { IncomingRequest } from '../dialect.ts'
import { withEcho } from './echo.ts'
import { withoutOwnNamespace } from './own-namespace.ts'
import { filled, listOf, Reading, recordOf, rest } from './reading.ts'
import { readToolChoice, readTools } from './tools-read.ts'
import { readConversation } from './turns-read.ts'
import { readTier } from './usage.ts'

type Body = Readonly<Record<string, unknown>>

/** Reads a request of a Responses client, and the spellings of Chat Completions that some of them use. */
export function readRequest({ body }: IncomingRequest): Result<ChatRequest> {
  const reading = new Reading()
  const model = reading.text(body.model, 'model') ?? reading.wrong('model', 'the name of a model')
  const request = readBody(body, model ?? '', reading)
  return reading.fault ? refuse(reading.fault) : ok(request)
}

function readBody(body: Body, model: string, reading: Reading): ChatRequest {
  const conversation = readConversation(body, reading)
  const tools = readTools(body, reading)
  const toolChoice = readToolChoice(body.tool_choice, reading)
  const parallel = reading.flag(body.parallel_tool_calls, 'parallel_tool_calls')
  const maxToolCalls = reading.number(body.max_tool_calls, 'max_tool_calls')
  const maxOutput = readMaxOutput(body, reading)
  const tier = readTier(body.service_tier)
  const key = reading.text(body.prompt_cache_key, 'prompt_cache_key')
  return {
    format: 'openai-responses',
    model,
    stream: reading.flag(body.stream, 'stream') === true ? 'sse' : false,
    // Such a body on the chat route is answered in chunks, of which the usage may be one.
    ...(recordOf(body.stream_options).include_usage === true && { includeUsage: true }),
    system: conversation.system,
    turns: withoutOwnNamespace(conversation.turns, tools),
    tools,
    ...(toolChoice && { toolChoice }),
    ...(parallel !== undefined && { parallel }),
    ...(maxToolCalls !== undefined && { maxToolCalls }),
    ...(maxOutput !== undefined && { maxOutput }),
    sampling: readSampling(body, reading),
    thinking: readThinking(body, reading),
    output: readOutputFormat(body, reading),
    ...(key !== undefined && { cache: { key } }),
    identity: readIdentity(body, reading),
    ...(tier && { tier }),
    state: readState(body, reading),
    native: withEcho(readNative(body), body),
    lost: reading.lost,
  }
}

function readMaxOutput(body: Body, reading: Reading): number | undefined {
  const field = ['max_output_tokens', 'max_completion_tokens', 'max_tokens'].find(
    (name) => typeof body[name] === 'number',
  )
  return field ? reading.number(body[field], field) : reading.number(body.max_output_tokens, 'max_output_tokens')
}

function readSampling(body: Body, reading: Reading): Sampling {
  const number = (field: string): number | undefined => reading.number(body[field], field)
  const stop = typeof body.stop === 'string' ? [body.stop] : reading.list(body.stop, 'stop')
  const wanted: { [Field in keyof Sampling]: Sampling[Field] | undefined } = {
    temperature: number('temperature'),
    topP: number('top_p'),
    topK: number('top_k'),
    seed: number('seed'),
    presencePenalty: number('presence_penalty'),
    frequencyPenalty: number('frequency_penalty'),
    logitBias: readBias(reading.record(body.logit_bias, 'logit_bias')),
    n: number('n'),
    stop: stop?.filter((text) => typeof text === 'string'),
    ...readLogprobs(body, reading),
  }
  // Only the fields that the client gave are left.
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)) as Sampling
}

const readBias = (bias: Record<string, unknown> | undefined): Record<string, number> | undefined =>
  bias &&
  Object.fromEntries(Object.entries(bias).flatMap(([token, by]) => (typeof by === 'number' ? [[token, by]] : [])))

function readLogprobs(body: Body, reading: Reading): Pick<Sampling, 'logprobs' | 'topLogprobs'> {
  const topLogprobs = reading.number(body.top_logprobs, 'top_logprobs')
  const isWanted = listOf(body.include).includes(logprobsInclude) || body.logprobs === true || (topLogprobs ?? 0) > 0
  return isWanted ? { logprobs: true, ...(topLogprobs !== undefined && { topLogprobs }) } : {}
}

/** What `include` says to get the probabilities of tokens. */
export const logprobsInclude = 'message.output_text.logprobs'

function readThinking(body: Body, reading: Reading): ThinkingControl {
  const reasoning = reading.record(body.reasoning, 'reasoning') ?? {}
  const effort = reading.word(reasoning.effort ?? body.reasoning_effort, efforts)
  const digest = reading.word(reasoning.summary ?? reasoning.generate_summary, ['auto', 'concise', 'detailed'])
  const native = rest(reasoning, new Set(['effort', 'summary', 'generate_summary']))
  return {
    mode: effort === undefined ? 'default' : effort === 'none' ? 'off' : 'on',
    ...(effort && { effort }),
    ...(digest && { show: 'summary', summary: digest }),
    ...(Object.keys(native).length > 0 && { native }),
  }
}

function readOutputFormat(body: Body, reading: Reading): OutputFormat {
  const text = reading.record(body.text, 'text') ?? {}
  const verbosity = reading.word(text.verbosity ?? body.verbosity, ['low', 'medium', 'high'])
  const format = reading.record(text.format ?? body.response_format, 'text.format') ?? {}
  return { format: readFormat(format, reading), ...(verbosity && { verbosity }) }
}

function readFormat(format: Record<string, unknown>, reading: Reading): OutputFormat['format'] {
  if (format.type === 'json_object') return { kind: 'json' }
  if (format.type !== 'json_schema') return { kind: 'text' }
  const flat = isRecord(format.json_schema) ? format.json_schema : format
  const schema = reading.record(flat.schema, 'text.format.schema')
  const name = filled(flat.name)
  const description = filled(flat.description)
  const strict = reading.flag(flat.strict, 'text.format.strict')
  if (!schema) {
    reading.wrong('text.format.schema', 'a JSON schema')
    return { kind: 'text' }
  }
  return {
    kind: 'schema',
    schema,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(strict !== undefined && { strict }),
  }
}

function readIdentity(body: Body, reading: Reading): Identity {
  const endUser = reading.text(body.safety_identifier, 'safety_identifier') ?? reading.text(body.user, 'user')
  const pairs = Object.entries(reading.record(body.metadata, 'metadata') ?? {}).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  )
  return {
    ...(endUser !== undefined && { endUser }),
    ...(pairs.length > 0 && { metadata: Object.fromEntries(pairs) }),
  }
}

function readState(body: Body, reading: Reading): State {
  const store = reading.flag(body.store, 'store')
  const previousId = reading.text(body.previous_response_id, 'previous_response_id')
  const background = reading.flag(body.background, 'background')
  return {
    ...(store !== undefined && { store }),
    ...(previousId !== undefined && { previousId }),
    ...(background !== undefined && { background }),
  }
}

const neutralFields = new Set(
  `model input messages instructions stream stream_options tools tool_choice parallel_tool_calls max_tool_calls
  max_output_tokens max_completion_tokens max_tokens temperature top_p top_k seed presence_penalty frequency_penalty
  logit_bias n stop logprobs top_logprobs include reasoning reasoning_effort text verbosity response_format prompt_cache_key
  safety_identifier user metadata service_tier store previous_response_id background truncation`.split(/\s+/),
)

/** `include` values that are met anyway. */
const metIncludes: readonly unknown[] = [logprobsInclude, 'reasoning.encrypted_content']

function readNative(body: Body): Record<string, unknown> {
  const include = listOf(body.include).filter((value) => !metIncludes.includes(value))
  return {
    ...rest(recordOf(body), neutralFields),
    ...(include.length > 0 && { include }),
    ...(body.truncation === 'auto' && { truncation: 'auto' }),
  }
}
